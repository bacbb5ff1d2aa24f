import { FONT, chart, extent, labelSpace, nameAxis, roundSpan, textWidth, tooltip, valueAxis, whiskers } from '../chart.js';
import { counted, list, named, sentence, shorten } from '../dom.js';
import { count, known, number, signed } from '../numbers.js';
import { theme } from '../theme.js';
import { section } from './section.js';

const SHOWN = 16;

export function row({ row: part }) {
  if (!part || !known(part.base) || !known(part.prediction)) return null;
  const all = list(part.contributions).filter(({ value }) => known(value));
  const output = shorten(part.output, 80);
  const shown = all.length > SHOWN + 1 ? all.slice(0, SHOWN) : all;
  const rest = all.slice(shown.length);
  const actual = part.actual !== null && part.actual !== undefined ? ` The table says ${shorten(part.actual, 60)}.` : '';
  const steps = shown.map((one) => ({ name: `${shorten(one.column, 50)} = ${one.cell === null || one.cell === undefined ? 'missing' : shorten(one.cell, 30)}`, value: one.value, error: one.standard_error }));
  if (rest.length > 0) steps.push({ name: counted(rest.length, 'other column'), value: rest.reduce((sum, one) => sum + one.value, 0), error: null });
  return section(
    'row',
    `Row ${count(part.row)} explained`,
    [
      `How the ${output} that the model predicts for this row comes about: from the mean prediction, ${number(part.base)}, to this row’s, ${number(part.prediction)}. Each step is what the cell of a column adds (blue) or takes away (orange); together they are the whole difference.${actual}`,
      part.method && `${sentence(part.method)}${/[.!?]$/.test(part.method) ? '' : '.'}`,
    ],
    waterfall(part, steps, all, output)
  );
}

function waterfall(part, steps, all, output) {
  let level = part.base;
  const spans = [{ name: 'Mean prediction', from: null, to: part.base }];
  for (const step of steps) {
    spans.push({ ...step, from: level, to: level + step.value });
    level += step.value;
  }
  spans.push({ name: 'This row', from: null, to: part.prediction });
  const names = spans.map(({ name }) => name);
  const [least, high] = extent(spans.flatMap(({ from, to, error }) => [from, to, known(error) ? to + error : null, known(error) ? to - error : null]));
  const written = spans.map(({ from, to, value }) => (from === null ? number(to) : signed(value, 3)));
  const room = Math.max(...written.map((text) => textWidth(text))) + 10;
  const biggest = steps[0];
  return chart({
    className: 'full',
    label: `Waterfall from the mean prediction ${number(part.base)} to ${number(part.prediction)}${biggest ? `; the biggest step is ${biggest.name} with ${signed(biggest.value, 3)}` : ''}.`,
    height: spans.length * 28 + 44,
    xTitle: output,
    legend: [
      { name: 'raises the prediction', mark: 'box', color: () => theme().up },
      { name: 'lowers it', mark: 'box', color: () => theme().down },
      ...(steps.some(({ error }) => known(error) && error > 0) ? [{ name: 'one standard error of sampling', mark: 'whisker', color: () => theme().text }] : []),
    ],
    option: ({ width }) => {
      const left = labelSpace(names, width, 0.42);
      // Steps to the left need room for the number at their end.
      const perPixel = (high - least) / Math.max(60, width - left - 12 - room - 60);
      const low = Math.min(least, ...spans.map(({ from, to, value, error }, place) => (from !== null && value < 0 ? to - (error ?? 0) - (textWidth(written[place]) + 10) * perPixel : least)));
      const span = roundSpan(low, high, width < 500 ? 3 : 5);
      const colour = ({ from, value }) => (from === null ? theme().neutral : value < 0 ? theme().down : theme().up);
      return {
        grid: { left: left + 12, right: room, top: 6, bottom: 28, outerBoundsMode: 'none' },
        xAxis: valueAxis(span),
        yAxis: nameAxis(names, left, { inverse: true }),
        tooltip: tooltip(({ dataIndex }) => {
          const { name, from, to, value, error } = spans[dataIndex];
          return { title: name, rows: from === null ? [[output, number(to)]] : [['Adds', signed(value)], known(error) && ['Standard error', number(error, 2)], ['From', number(from)], ['To', number(to)]].filter(Boolean) };
        }),
        series: [
          {
            type: 'custom',
            encode: { x: [1, 2], y: 0 },
            data: spans.map(({ from, to }, place) => [place, from ?? to, to]),
            renderItem: ({ dataIndex }, api) => {
              const one = spans[dataIndex];
              const [start, y] = api.coord([one.from ?? one.to, dataIndex]);
              const [end] = api.coord([one.to, dataIndex]);
              const tall = api.size([0, 1])[1];
              const half = tall * 0.32;
              const mark = { type: 'text', style: { x: end + (one.from !== null && one.value < 0 ? -1 : 1) * (known(one.error) && one.error > 0 ? Math.abs(api.coord([one.to + one.error, dataIndex])[0] - end) + 6 : 6), y, text: written[dataIndex], fill: theme().text, fontSize: 12, fontFamily: FONT, align: one.from !== null && one.value < 0 ? 'right' : 'left', verticalAlign: 'middle' } };
              const link = dataIndex < spans.length - 1 && { type: 'line', shape: { x1: end, y1: y, x2: end, y2: y + tall }, style: { stroke: theme().neutral, lineWidth: 1, lineDash: [2, 2] } };
              const body = one.from === null
                ? { type: 'polygon', shape: { points: [[end, y - 7], [end + 7, y], [end, y + 7], [end - 7, y]] }, style: { fill: colour(one) } }
                : { type: 'rect', shape: { x: Math.min(start, end), y: y - half, width: Math.max(1, Math.abs(end - start)), height: half * 2 }, style: { fill: colour(one) } };
              if (one.from === null) mark.style.x = end + 12;
              return { type: 'group', children: [link, body, mark].filter(Boolean) };
            },
          },
          whiskers(spans.map(({ to, error }, place) => [place, known(error) && error > 0 ? to - error : NaN, known(error) && error > 0 ? to + error : NaN]), { across: true, color: theme().text, width: 1 }),
        ],
      };
    },
    numbers: {
      caption: `Contributions to ${output}`,
      columns: ['Column', 'Cell', 'Contribution', 'Standard error'],
      rows: () => [
        ['Mean prediction', '', number(part.base), ''],
        ...all.map((one) => [named(one.column), one.cell ?? 'missing', signed(one.value), number(one.standard_error, 2)]),
        ['Prediction', '', number(part.prediction), ''],
      ],
    },
  });
}
