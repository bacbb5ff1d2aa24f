import { bars } from '../bars.js';
import { boxes, chart, extent, guide, labelSpace, nameAxis, roundSpan, tooltip, valueAxis } from '../chart.js';
import { counted, disclosure, h, list, named, shorten } from '../dom.js';
import { count, date, deviation, known, number } from '../numbers.js';
import { lossName } from '../metrics.js';
import { seriesStyle, theme } from '../theme.js';
import { plainGrid } from './quality.js';
import { section, side } from './section.js';

const CHARTED = 30;
const CARDS = 24;

export function inputs({ inputs: all, importance, polynomial }) {
  const parts = list(all);
  if (parts.length === 0) return null;
  const curves = parts.filter((input) => list(input.grid).length > 0 && list(input.dependence).length + list(input.response).length > 0);
  const several = parts.some((input) => list(input.dependence).length > 1);
  const lines = polynomial && parts.some((input) => list(input.response).length > 0);
  const scale = { shared: true, spans: sharedSpans(curves) };
  const cards = curves.map((input) => () => card(input, scale));
  return section(
    'inputs',
    'The inputs',
    ['How much the model leans on each column, and how its prediction moves with it. This shows what the model does, not what causes what.'],
    ranking(parts, importance),
    cards.length > 0 && [
      h('h3', null, 'How the prediction moves with each column'),
      h('p', { class: 'intro' },
        'The thick line is the mean prediction when the column is set to a value and all others are left as they are. ',
        several ? 'There is one line a class. ' : 'Thin lines are single rows: where they are not parallel, the effect depends on other columns. ',
        lines ? 'Dashed is the formula’s own response; it has a chart of its own, with its own scale, where it is in other units, and leaves the chart where it runs off. ' : '',
        'The grey bars below tell where rows lie; where there are few, the line is a guess. Of columns of many numbers the lowest and the highest hundredth of the rows are not shown.'),
      cards.length > 1 && scaleButton(scale),
      h('div', { class: 'cards' }, cards.slice(0, CARDS).map((build) => build())),
      cards.length > CARDS &&
        disclosure(`${counted(cards.length - CARDS, 'less important column')}`, () => h('div', { class: 'cards' }, cards.slice(CARDS).map((build) => build()))),
    ]
  );
}

function ranking(parts, importance) {
  const permuted = parts.filter((input) => known(input.importance?.mean));
  // Those without one keep their place, so that both charts have the same order.
  const shapley = parts.some((input) => known(input.shapley)) ? parts : [];
  const loss = lossName(importance?.loss ?? 'loss');
  const cut = (items) => (items.length > CHARTED ? ` The first ${CHARTED} of ${items.length} are drawn.` : '');
  const rows = (input) => [
    known(input.importance?.mean) && [`${loss} rises by`, deviation(input.importance.mean, input.importance.deviation)],
    known(input.shapley) && ['Mean contribution', number(input.shapley, 3)],
  ].filter(Boolean);
  return side(
    permuted.length > 0 &&
      bars({
        title: 'How much the model needs each column',
        note: `The rise of the ${loss} when the column’s cells are shuffled among the rows${known(importance?.rows) ? `, on ${counted(importance.rows, 'row')}` : ''}${known(importance?.repeats) ? `, ${counted(importance.repeats, 'time')}` : ''}. Whiskers: one standard deviation. Columns that tell the same share their importance.${cut(permuted)}`,
        label: `Importance by shuffling: ${permuted.slice(0, 3).map((input) => `${shorten(input.column, 40)} ${number(input.importance.mean, 3)}`).join(', ')}${permuted.length > 3 ? ` and ${permuted.length - 3} more` : ''}.`,
        items: permuted.slice(0, CHARTED).map((input) => ({
          name: input.column,
          value: input.importance.mean,
          low: known(input.importance.deviation) ? input.importance.mean - input.importance.deviation : null,
          high: known(input.importance.deviation) ? input.importance.mean + input.importance.deviation : null,
          rows: rows(input),
        })),
        xTitle: `Rise of the ${loss}`,
        numbers: { caption: 'Importance by shuffling', columns: ['Column', `Rise of the ${loss}`, 'Standard deviation'], rows: () => permuted.map((input) => [named(input.column), number(input.importance.mean), number(input.importance.deviation, 2)]) },
      }),
    shapley.length > 0 &&
      bars({
        title: 'How much each column moves the formula',
        note: `Mean absolute Shapley value: by how much, up or down, the column moves ${shorten(importance?.shapley_of ?? 'the formula', 80)} away from its mean. Columns are in the order of the other chart.${cut(shapley)}`,
        label: `Mean absolute Shapley values: ${shapley.filter((input) => known(input.shapley)).slice(0, 3).map((input) => `${shorten(input.column, 40)} ${number(input.shapley, 3)}`).join(', ')}${shapley.length > 3 ? '; the rest is below' : ''}.`,
        items: shapley.slice(0, CHARTED).map((input) => ({ name: input.column, value: input.shapley, color: () => theme().polynomial, rows: rows(input) })),
        xTitle: `Mean move of ${shorten(importance?.shapley_of ?? 'the formula', 60)}`,
        numbers: { caption: 'Mean absolute Shapley values', columns: ['Column', 'Mean move'], rows: () => shapley.map((input) => [named(input.column), number(input.shapley)]) },
      })
  );
}

// Scales: the same for all charts of the same output, so that effects can be compared by eye.

function spanOf(input) {
  const own = list(input.dependence).flatMap((curve) => [...list(curve.mean), ...(list(input.dependence).length === 1 ? list(curve.individual).flat() : [])]);
  // Away from the rows the formula runs off the chart, and would leave the model's curves flat.
  return extent(own.length > 0 ? own : joint(input).flatMap(({ values }) => list(values)));
}

/** The class of "probability of X", where the axis already says that it is a probability. */
const className = (output) => String(output).replace(/^probability of /, '');

/** Responses of the formula that are in the units of the model's own curves. */
function joint(input) {
  const outputs = list(input.dependence).map((curve) => curve.output);
  return list(input.response).filter((response) => outputs.includes(response.output));
}

const apart = (input) => {
  const outputs = list(input.dependence).map((curve) => curve.output);
  return list(input.response).filter((response) => !outputs.includes(response.output));
};

function sharedSpans(parts) {
  const rounded = (spans) => {
    const span = extent(spans.filter(Boolean).flat());
    return span && roundSpan(...span);
  };
  return { model: rounded(parts.map(spanOf)) };
}

const filled = (own) => (own ? roundSpan(...own) : { min: 0, max: 1, interval: 0.5 });

const span = (scale, own) => (scale.shared && scale.spans.model) || filled(own);

function scaleButton(scale) {
  const button = h(
    'button',
    {
      type: 'button',
      'aria-pressed': 'true',
      class: 'toggle',
      onclick: () => {
        scale.shared = !scale.shared;
        button.setAttribute('aria-pressed', String(scale.shared));
        for (const figure of button.closest('section').querySelectorAll('.cards figure')) figure.redraw?.();
      },
    },
    'Same scale in all charts'
  );
  return h('p', { class: 'tools' }, button, h('span', { class: 'quiet' }, ' Off: each chart fills its own height, so that weak effects show their shape.'));
}

// Cards

function card(input, scale) {
  const texts = typeof input.grid[0] === 'string';
  const facts = [
    input.kind,
    known(input.importance?.mean) && `importance ${deviation(input.importance.mean, input.importance.deviation)}`,
    known(input.shapley) && `mean contribution ${number(input.shapley, 3)}`,
  ].filter(Boolean);
  const level = list(input.dependence).length > 0;
  return h(
    'article',
    { class: 'input' },
    h('h4', null, named(input.column)),
    h('p', { class: 'quiet' }, facts.join(' · ')),
    level && (texts ? levelChart(input, scale) : curveChart(input, scale)),
    apart(input).length > 0 && !texts && responseChart(input)
  );
}

const cellText = (input) => (input.kind === 'date' ? date : (value) => number(value));

/** Where the axis of a column goes from and to: over the grid, and over the rows while they are near. */
function across(input) {
  const [low, high] = extent(input.grid) ?? [0, 1];
  const width = high - low || Math.abs(low) * 0.1 || 1;
  const edges = list(input.density?.edges);
  const all = extent(edges) ?? [low, high];
  const near = [Math.max(all[0], low - width * 0.1), Math.min(all[1], high + width * 0.1)];
  const ends = [Math.min(low, near[0]), Math.max(high, near[1])];
  if (!(ends[1] > ends[0])) return { min: ends[0] - width / 2, max: ends[1] + width / 2 };
  return { min: ends[0], max: ends[1] };
}

function outputStyle(place, many) {
  return many ? seriesStyle(place) : { color: theme().model, type: 'solid' };
}

function movement(values) {
  const span = extent(values);
  return span ? `between ${number(span[0], 3)} and ${number(span[1], 3)}` : 'unknown';
}

function curveMessage(input) {
  const format = cellText(input);
  const grid = list(input.grid);
  return list(input.dependence).slice(0, 4).map((curve) => {
    const mean = list(curve.mean);
    const low = mean.indexOf(Math.min(...mean));
    const high = mean.indexOf(Math.max(...mean));
    return `mean ${shorten(curve.output, 60)} goes from ${number(mean[low], 3)} at ${format(grid[low])} to ${number(mean[high], 3)} at ${format(grid[high])}`;
  }).join('; ');
}

function curveChart(input, scale) {
  const curves = list(input.dependence);
  const many = curves.length > 1;
  const dates = input.kind === 'date';
  const format = cellText(input);
  const grid = list(input.grid);
  const alongside = joint(input);
  const density = input.density && list(input.density.counts).length > 0 ? input.density : null;
  const own = spanOf(input);
  const x = across(input);
  const pair = (values) => list(values).map((value, place) => [grid[place], known(value) ? value : '-']);
  return chart({
    className: 'plain',
    zoomName: named(input.column),
    label: `Partial dependence on ${shorten(input.column)}: ${curveMessage(input)}.`,
    height: 230 + (density ? 44 : 0),
    zoom: 'x',
    yTitle: many ? 'Probability of each class' : sentenceOf(curves[0].output),
    legend: [
      ...(many ? curves.map((curve, place) => ({ name: shorten(className(curve.output), 40), mark: 'line', dash: seriesStyle(place).type, color: () => seriesStyle(place).color, toggles: true, hidden: place >= 8 })) : []),
      ...(alongside.length > 0 && !many ? [{ name: 'model', mark: 'line', color: () => theme().model }, { name: 'formula', mark: 'line', dash: 'dashed', color: () => theme().polynomial }] : []),
    ],
    option: ({ zoomed, hidden }) => {
      const y = span(scale, own);
      const room = plainGrid(y);
      const main = { ...room, bottom: density ? 76 : 28 };
      const top = density ? Math.max(1, ...density.counts) : 1;
      const rows = density ? density.counts.map((size, place) => [density.edges[place], density.edges[place + 1], 0, size]) : [];
      return {
        grid: density ? [main, { ...room, top: undefined, height: 40, bottom: 28 }] : [main],
        xAxis: [
          { ...valueAxis(x, { zoomed, dates, labels: !density }), gridIndex: 0, axisPointer: { show: true, type: 'line' } },
          density && { ...valueAxis(x, { zoomed, dates, grid: false }), gridIndex: 1, axisPointer: { show: false } },
        ].filter(Boolean),
        yAxis: [
          { ...valueAxis(y), gridIndex: 0 },
          density && { type: 'value', min: 0, max: top, gridIndex: 1, show: false },
        ].filter(Boolean),
        tooltip: tooltip((parameters) => {
          const items = [parameters].flat();
          const place = nearestPlace(grid, items[0].axisValue ?? items[0].value?.[0]);
          if (items[0].axisIndex === 1) return null;
          return {
            title: format(grid[place]),
            rows: [
              ...curves.map((curve, at) => (hidden.has(at) && many ? null : [shorten(curve.output, 40), number(curve.mean[place]), outputStyle(at, many).color])),
              ...alongside.map((response) => ['formula', number(response.values[place]), theme().polynomial]),
              density && ['rows near', count(rowsNear(density, grid[place]))],
            ].filter(Boolean),
          };
        }, { trigger: 'axis' }),
        series: [
          ...(many ? [] : [singleRows(curves[0], pair)]),
          ...curves.map((curve, place) => hidden.has(place) && many ? null : {
            type: 'line', data: pair(curve.mean), showSymbol: grid.length === 1, symbolSize: 8, z: 4, emphasis: { disabled: true },
            lineStyle: { width: many ? 2 : 3.5, ...outputStyle(place, many) }, itemStyle: { color: outputStyle(place, many).color },
          }),
          ...alongside.map((response) => guide(pair(response.values), theme().polynomial, { z: 5, lineStyle: { color: theme().polynomial, width: 2, type: 'dashed' } })),
          density && boxes(rows, () => ({ fill: theme().neutral, opacity: 0.65 }), { xAxisIndex: 1, yAxisIndex: 1, silent: true }),
        ].filter(Boolean),
      };
    },
    numbers: {
      caption: `Partial dependence on ${shorten(input.column)}`,
      columns: [shorten(input.column), ...curves.map((curve) => shorten(curve.output)), ...alongside.map((response) => `Formula of ${shorten(response.output)}`)],
      rows: () => grid.map((cell, place) => [format(cell), ...curves.map((curve) => number(list(curve.mean)[place])), ...alongside.map((response) => number(list(response.values)[place]))]),
    },
  });
}

function sentenceOf(output) {
  return `Mean ${shorten(output, 80)}`;
}

/** All thin curves as one line with gaps: much faster than a line each. */
function singleRows(curve, pair) {
  const data = list(curve.individual).flatMap((values) => [...pair(values), ['-', '-']]);
  return {
    type: 'line',
    data,
    showSymbol: false,
    silent: true,
    tooltip: { show: false },
    connectNulls: false,
    lineStyle: { width: 1, color: theme().faint, opacity: theme().dark ? 0.35 : 0.32 },
    z: 2,
  };
}

function nearestPlace(grid, value) {
  let best = 0;
  grid.forEach((cell, place) => {
    if (Math.abs(cell - value) < Math.abs(grid[best] - value)) best = place;
  });
  return best;
}

function rowsNear({ edges, counts }, value) {
  const place = counts.findIndex((_, at) => value >= edges[at] && value <= edges[at + 1]);
  return place < 0 ? 0 : counts[place];
}

function responseChart(input) {
  const responses = apart(input);
  const many = responses.length > 1;
  const dates = input.kind === 'date';
  const format = cellText(input);
  const grid = list(input.grid);
  const x = across(input);
  const own = extent(responses.flatMap(({ values }) => list(values)));
  const style = (place) => (many ? seriesStyle(place).color : theme().polynomial);
  return chart({
    className: 'plain',
    zoomName: `formula, ${named(input.column)}`,
    label: `Response of the formula to ${shorten(input.column)}: ${responses.slice(0, 3).map((response) => `${shorten(response.output, 60)} moves ${movement(list(response.values))}`).join('; ')}.`,
    height: 150,
    zoom: 'x',
    yTitle: many ? 'Mean response of the formulas' : `Formula: mean ${shorten(responses[0].output, 80)}`,
    legend: many ? responses.map((response, place) => ({ name: shorten(response.output, 40), mark: 'line', dash: 'dashed', color: () => style(place), toggles: true, hidden: place >= 8 })) : [],
    option: ({ zoomed, hidden }) => {
      const y = filled(own);
      return {
        grid: plainGrid(y),
        xAxis: valueAxis(x, { zoomed, dates }),
        yAxis: valueAxis(y),
        tooltip: tooltip((parameters) => {
          const place = nearestPlace(grid, parameters[0].axisValue);
          return { title: format(grid[place]), rows: responses.map((response, at) => (hidden.has(at) && many ? null : [shorten(response.output, 40), number(response.values[place]), style(at)])).filter(Boolean) };
        }, { trigger: 'axis' }),
        series: responses.map((response, place) => hidden.has(place) && many ? null : {
          type: 'line', showSymbol: grid.length === 1, symbolSize: 8, emphasis: { disabled: true },
          data: list(response.values).map((value, at) => [grid[at], known(value) ? value : '-']),
          lineStyle: { width: 2, type: 'dashed', color: style(place) }, itemStyle: { color: style(place) },
        }).filter(Boolean),
      };
    },
    numbers: {
      caption: `Response of the formula to ${shorten(input.column)}`,
      columns: [shorten(input.column), ...responses.map((response) => shorten(response.output))],
      rows: () => grid.map((cell, place) => [format(cell), ...responses.map((response) => number(list(response.values)[place]))]),
    },
  });
}

function levelChart(input, scale) {
  const curves = list(input.dependence);
  const many = curves.length > 1;
  const grid = list(input.grid);
  const rows = new Map(list(input.levels).map(({ level, rows: size }) => [level, size]));
  const names = grid.map((level) => `${shorten(level, 40)}${rows.has(level) ? ` (${count(rows.get(level))})` : ''}`);
  const own = spanOf(input);
  return chart({
    className: 'plain',
    label: `Partial dependence on ${shorten(input.column)}: ${curves.slice(0, 3).map((curve) => {
      const mean = list(curve.mean);
      const high = mean.indexOf(Math.max(...mean));
      const low = mean.indexOf(Math.min(...mean));
      return `mean ${shorten(curve.output, 60)} is lowest, ${number(mean[low], 3)}, at ${shorten(grid[low], 30)} and highest, ${number(mean[high], 3)}, at ${shorten(grid[high], 30)}`;
    }).join('; ')}.`,
    height: Math.max(grid.length < 4 ? 150 : 220, grid.length * 30 + 44),
    yTitle: 'Level (rows)',
    xTitle: many ? 'Probability of each class' : sentenceOf(curves[0].output),
    legend: many ? curves.map((curve, place) => ({ name: shorten(className(curve.output), 40), mark: 'dot', color: () => seriesStyle(place).color, toggles: true, hidden: place >= 8 })) : [],
    option: ({ width, hidden }) => {
      const left = labelSpace(names, width, 0.42);
      return {
        grid: { left: left + 12, right: 20, top: 6, bottom: 28, outerBoundsMode: 'none' },
        xAxis: valueAxis(span(scale, own)),
        yAxis: { ...nameAxis(names, left, { inverse: true }), splitLine: { show: true, interval: 0, lineStyle: { color: theme().grid } } },
        tooltip: tooltip(({ dataIndex }) => ({
          title: shorten(grid[dataIndex], 100),
          rows: [
            ...curves.map((curve, place) => (hidden.has(place) && many ? null : [shorten(curve.output, 40), number(list(curve.mean)[dataIndex]), outputStyle(place, many).color])),
            rows.has(grid[dataIndex]) && ['Rows', count(rows.get(grid[dataIndex]))],
          ].filter(Boolean),
        })),
        series: [
          !many && {
            type: 'scatter', silent: true, symbolSize: 5, z: 2,
            data: list(curves[0].individual).flatMap((values) => list(values).map((value, place) => [value, place])),
            itemStyle: { color: theme().faint, opacity: 0.3 },
          },
          ...curves.map((curve, place) => hidden.has(place) && many ? null : {
            type: 'scatter', z: 4, symbolSize: 11, symbol: ['circle', 'diamond', 'triangle', 'rect'][place % 4],
            data: list(curve.mean).map((value, at) => [known(value) ? value : '-', at]),
            itemStyle: { color: outputStyle(place, many).color },
          }),
        ].filter(Boolean),
      };
    },
    numbers: {
      caption: `Partial dependence on ${shorten(input.column)}`,
      columns: [shorten(input.column), 'Rows', ...curves.map((curve) => shorten(curve.output))],
      rows: () => grid.map((level, place) => [named(level), count(rows.get(level)), ...curves.map((curve) => number(list(curve.mean)[place]))]),
    },
  });
}
