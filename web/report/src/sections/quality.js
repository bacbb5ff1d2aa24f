import { FONT, boxes, chart, extent, guide, labelSpace, nameAxis, roundSpan, textWidth, tooltip, valueAxis, whiskers } from '../chart.js';
import { counted, disclosure, h, list, sentence, shorten, svg, table } from '../dom.js';
import { count, interval, known, number, percent, signed, tick, withInterval } from '../numbers.js';
import { metricMeaning, metricName } from '../metrics.js';
import { depth, seriesStyle, theme } from '../theme.js';
import { notice, section, side } from './section.js';
import { intervalName } from './summary.js';

const MOST_CURVES = 8;
const MOST_WHISKERS = 2;

export function quality({ quality: part, data }) {
  const measured = part?.measured;
  const splits = list(part?.at_fit).filter((split) => list(split.metrics).length > 0);
  if (!measured && splits.length === 0) return null;
  const regression = list(measured?.regression);
  const classes = measured?.classes;
  return section(
    'quality',
    'How good it is',
    [
      measured
        ? `Predictions beside what is true, on ${measured.on ?? 'the rows of the table'}${known(measured.rows) && !String(measured.on).includes(count(measured.rows)) && !String(measured.on).includes(String(measured.rows)) ? ` (${counted(measured.rows, 'row')})` : ''}. The linear model is the plain alternative: what is not better than it is not worth its complexity.`
        : 'Measured when the model was fitted. The linear model is the plain alternative, the constant always says the mean or the commonest class.',
      measured && 'To look closer at a chart, hold Ctrl and turn the wheel over it, or use its + and − buttons; its numbers stand under it.',
    ],
    measured?.seen === true &&
      notice('warning', h('p', null, h('b', null, 'The fit saw these rows.'), ' The model is better on them than it will be on new rows. Measure it on rows that it has not seen before you rely on these numbers.')),
    measured && measured.seen === null && notice('', h('p', null, 'It is not known whether the fit saw some of these rows; if it did, they flatter the model.')),
    measured && list(measured.metrics).length > 0 && metricsTable(measured),
    regression.map((target, place) => {
      const build = () => regressionCharts(target, regression.length > 1);
      return place < 3 ? build() : disclosure(`Charts of ${shorten(target.target)}`, build);
    }),
    classes && classCharts(classes, measured, data),
    splits.length > 0 && fitTables(splits, measured)
  );
}

function metricsTable(measured) {
  const metrics = list(measured.metrics);
  const linear = metrics.some((metric) => known(metric.linear));
  const name = intervalName(measured);
  const pictured = metrics.some((metric) => metric.interval && metric.linear_interval);
  return [
    table({
      caption: 'The model and the linear model',
      columns: [
        { title: 'Metric', cell: (metric) => h('b', null, metricName(metric.name)) },
        { title: 'Model', number: true, cell: (metric) => withInterval(metric.value, metric.interval).value },
        { title: name, number: true, cell: (metric) => range(metric.value, metric.interval) },
        ...(linear
          ? [
              { title: 'Linear model', number: true, cell: (metric) => withInterval(metric.linear, metric.linear_interval).value },
              { title: name, number: true, cell: (metric) => range(metric.linear, metric.linear_interval) },
            ]
          : []),
        ...(pictured ? [{ title: 'Model ●, linear ○', cell: forest }] : []),
      ],
      rows: metrics,
    }),
    h('dl', { class: 'meanings' }, metrics.map((metric) => h('div', null, h('dt', null, metricName(metric.name)), h('dd', null, meaningOf(metric))))),
    known(measured.resamples) && measured.resamples > 0 &&
      h('p', { class: 'note' }, `Intervals: the middle ${number((measured.level ?? 0.95) * 100, 3)} % over ${count(measured.resamples)} samples drawn from the rows with replacement. They say how much the numbers would differ on other rows of the same kind.`),
  ];
}

function meaningOf({ name, lower_is_better: low }) {
  const words = metricMeaning(name);
  return `${words ? `${sentence(words)}. ` : ''}${low ? 'Lower is better.' : 'Higher is better.'}`;
}

function range(value, bounds) {
  const text = withInterval(value, bounds);
  return text.low === null ? null : `${text.low} to ${text.high}`;
}

/** Both intervals on one scale. */
function forest(metric) {
  const numbers = [metric.value, metric.linear, ...(metric.interval ?? []), ...(metric.linear_interval ?? [])];
  const span = extent(numbers);
  if (!span || !metric.interval || !metric.linear_interval) return null;
  const [low, high] = span;
  const x = (value) => (high > low ? 8 + ((value - low) / (high - low)) * 124 : 70);
  const row = (value, bounds, y, kind) => [
    svg('line', { x1: x(bounds[0]), x2: x(bounds[1]), y1: y, y2: y, class: kind }),
    known(value) && svg('circle', { cx: x(value), cy: y, r: 4, class: kind }),
  ];
  return svg('svg', { width: 140, height: 28, 'aria-hidden': 'true', class: 'forest' }, row(metric.value, metric.interval, 8, 'model'), row(metric.linear, metric.linear_interval, 20, 'linear'));
}

function fitTables(splits, measured) {
  const tables = splits.map((split) => {
    const metrics = list(split.metrics);
    const has = (field) => metrics.some((metric) => known(metric[field]));
    return table({
      caption: `${sentence(split.split)} rows`,
      columns: [
        { title: 'Metric', cell: (metric) => metricName(metric.name) },
        { title: 'Model', number: true, cell: (metric) => number(metric.model) },
        ...(has('linear') ? [{ title: 'Linear model', number: true, cell: (metric) => number(metric.linear) }] : []),
        ...(has('constant') ? [{ title: 'Constant', number: true, cell: (metric) => number(metric.constant) }] : []),
      ],
      rows: metrics,
    });
  });
  return [
    h('h3', null, 'As measured at the fit'),
    h('p', { class: 'note' }, 'The same metrics as the fit itself reported them. Numbers of test rows are the ones to believe; those of training rows flatter.', measured ? '' : ' Open the report with a table to get intervals and charts.'),
    h('div', { class: 'side narrow' }, tables),
  ];
}

// Numbers

function regressionCharts(part, many) {
  const points = list(part.points).filter(([predicted, actual]) => known(predicted) && known(actual));
  const target = shorten(part.target);
  const level = many ? 4 : 3;
  const charts = [
    points.length > 0 && actualChart(points, target, level),
    list(part.bins).length > 0 && decileChart(list(part.bins), target, level),
    points.length > 0 && residualChart(points, target, level),
    list(part.residuals?.counts).length > 0 && residualHistogram(part.residuals, target, level),
  ].filter(Boolean);
  if (charts.length === 0) return null;
  return [many && h('h3', null, `Predictions of ${target}`), side(charts)];
}

function actualChart(points, target, heading) {
  const [low, high] = extent(points.flatMap(([predicted, actual]) => [predicted, actual]));
  const span = roundSpan(low, high);
  const errors = points.map(([predicted, actual]) => Math.abs(actual - predicted)).sort((a, b) => a - b);
  const middle = errors[Math.floor(errors.length / 2)];
  const r = correlation(points);
  return chart({
    heading,
    title: 'Predicted and actual',
    note: 'Each point is a row. On the dashed line the prediction is exactly right.',
    label: `Actual against predicted ${target} of ${counted(points.length, 'row')}: half of the predictions are within ${number(middle, 3)} of the actual value${known(r) ? `, and the correlation is ${number(r, 3)}` : ''}.`,
    height: 340,
    zoom: 'xy',
    yTitle: `Actual ${target}`,
    xTitle: `Predicted ${target}`,
    option: ({ zoomed }) => ({
      grid: plainGrid(span),
      xAxis: valueAxis(span, { zoomed }),
      yAxis: valueAxis(span, { zoomed }),
      tooltip: tooltip(({ data }) => ({
        title: `Row ${count(data[2])}`,
        rows: [['Predicted', number(data[0])], ['Actual', number(data[1])], ['Actual − predicted', signed(data[1] - data[0])]],
      })),
      series: [dots(points), guide([[span.min, span.min], [span.max, span.max]], theme().text)],
    }),
    numbers: {
      caption: `Predicted and actual ${target}`,
      columns: ['Row', 'Predicted', 'Actual'],
      rows: () => points.map(([predicted, actual, row]) => [count(row), number(predicted), number(actual)]),
    },
  });
}

function residualChart(points, target, heading) {
  const data = points.map(([predicted, actual, row]) => [predicted, actual - predicted, row]);
  const across = roundSpan(...extent(data.map(([predicted]) => predicted)));
  const up = roundSpan(...extent([0, ...data.map(([, residual]) => residual)]));
  const mean = data.reduce((sum, [, residual]) => sum + residual, 0) / data.length;
  const above = data.filter(([, residual]) => residual > 0).length / data.length;
  return chart({
    heading,
    title: 'What is left, by prediction',
    note: 'Actual less predicted. A good model leaves a level cloud around zero; a bend or a funnel is something that it missed.',
    label: `Residuals against predictions of ${target}: their mean is ${number(mean, 2)}, and ${percent(above)} of them are above zero.`,
    height: 300,
    zoom: 'xy',
    yTitle: 'Actual − predicted',
    xTitle: `Predicted ${target}`,
    option: ({ zoomed }) => ({
      grid: plainGrid(up),
      xAxis: valueAxis(across, { zoomed }),
      yAxis: valueAxis(up, { zoomed }),
      tooltip: tooltip(({ data: [predicted, residual, row] }) => ({
        title: `Row ${count(row)}`,
        rows: [['Predicted', number(predicted)], ['Actual − predicted', signed(residual)]],
      })),
      series: [dots(data), guide([[across.min, 0], [across.max, 0]], theme().text)],
    }),
    numbers: {
      caption: `Residuals of ${target}`,
      columns: ['Row', 'Predicted', 'Actual − predicted'],
      rows: () => data.map(([predicted, residual, row]) => [count(row), number(predicted), signed(residual)]),
    },
  });
}

function residualHistogram({ edges, counts }, target, heading) {
  const data = counts.map((size, place) => [edges[place], edges[place + 1], 0, size]);
  const total = counts.reduce((sum, size) => sum + size, 0);
  const up = roundSpan(0, Math.max(1, ...counts), 4);
  const across = roundSpan(edges[0], edges[edges.length - 1]);
  const peak = counts.indexOf(Math.max(...counts));
  return chart({
    heading,
    title: 'Sizes of what is left',
    note: 'How many rows have a residual of that size. It should be one heap around zero.',
    label: `Histogram of the residuals of ${target}: the fullest of ${counts.length} bins is from ${number(edges[peak], 3)} to ${number(edges[peak + 1], 3)} with ${percent(total > 0 ? counts[peak] / total : 0)} of the rows.`,
    height: 300,
    yTitle: 'Rows',
    xTitle: 'Actual − predicted',
    option: () => ({
      grid: plainGrid(up),
      xAxis: valueAxis(across, { grid: false }),
      yAxis: valueAxis(up),
      tooltip: tooltip(({ data: [from, to, , size] }) => ({ title: `${number(from)} to ${number(to)}`, rows: [['Rows', count(size)]] })),
      series: [
        boxes(data, () => ({ fill: theme().bar, stroke: theme().surface, lineWidth: 1 })),
        guide([[0, 0], [0, up.max]], theme().text, { z: 6 }),
      ],
    }),
    numbers: {
      caption: `Residuals of ${target}`,
      columns: ['From', 'To', 'Rows'],
      rows: () => data.map(([from, to, , size]) => [number(from), number(to), count(size)]),
    },
  });
}

function decileChart(bins, target, heading) {
  const span = roundSpan(...extent(bins.flatMap((bin) => [bin.predicted, bin.actual, bin.low, bin.high])));
  const gaps = bins.map((bin) => Math.abs(bin.actual - bin.predicted));
  const worst = bins[gaps.indexOf(Math.max(...gaps))];
  return chart({
    heading,
    title: 'Predictions in ten groups',
    note: 'Rows sorted by prediction and cut into tenths. Points on the dashed line: the model is right on average there. Whiskers hold the middle 80 % of actual values.',
    label: `Mean actual against mean predicted ${target} in ${bins.length} groups of rows: the largest gap is ${number(Math.max(...gaps), 3)}, where ${number(worst.predicted, 4)} was predicted and ${number(worst.actual, 4)} is true.`,
    height: 340,
    yTitle: `Actual ${target}`,
    xTitle: `Predicted ${target}`,
    legend: [
      { name: 'mean of the group', mark: 'dot', color: () => theme().model },
      { name: '10th to 90th percentile', mark: 'whisker', color: () => theme().neutral },
    ],
    option: () => ({
      grid: plainGrid(span),
      xAxis: valueAxis(span),
      yAxis: valueAxis(span),
      tooltip: tooltip(({ dataIndex }) => {
        const bin = bins[dataIndex];
        return { title: counted(bin.rows, 'row'), rows: [['Mean predicted', number(bin.predicted)], ['Mean actual', number(bin.actual)], ['10th percentile', number(bin.low)], ['90th percentile', number(bin.high)]] };
      }),
      series: [
        guide([[span.min, span.min], [span.max, span.max]], theme().text),
        whiskers(bins.map((bin) => [bin.predicted, bin.low, bin.high]), { color: theme().neutral }),
        { type: 'scatter', data: bins.map((bin) => [bin.predicted, bin.actual]), symbolSize: 9, itemStyle: { color: theme().model }, z: 6 },
      ],
    }),
    numbers: {
      caption: `Predictions of ${target} in groups`,
      columns: ['Group', 'Rows', 'Mean predicted', 'Mean actual', '10th percentile', '90th percentile'],
      rows: () => bins.map((bin, place) => [place + 1, count(bin.rows), number(bin.predicted), number(bin.actual), number(bin.low), number(bin.high)]),
    },
  });
}

function dots(data) {
  return { type: 'scatter', data, symbolSize: data.length > 600 ? 5 : 7, itemStyle: { color: theme().model, opacity: data.length > 600 ? 0.4 : 0.55 }, z: 3 };
}

/** A grid with room for the marks of its axes. */
export function plainGrid(up, format = tick) {
  const marks = [up.min, up.max, up.min + (up.interval ?? 0), up.max - (up.interval ?? 0)].map(format);
  return { left: Math.ceil(Math.max(...marks.map((mark) => textWidth(mark)))) + 14, right: 22, top: 10, bottom: 28, outerBoundsMode: 'none' };
}

function correlation(points) {
  const mean = (place) => points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [x, y] of points) {
    xy += (x - mx) * (y - my);
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

// Classes

function classCharts(classes, measured) {
  const unit = { min: 0, max: 1, interval: 0.25 };
  return side(
    list(classes.confusion).length > 0 && confusionChart(list(classes.names), classes.confusion),
    list(classes.calibration).some((curve) => list(curve.bins).length > 0) && calibrationChart(list(classes.calibration), unit, measured),
    list(classes.roc).length > 0 && rocChart(list(classes.roc), unit),
    list(classes.precision_recall).length > 0 && recallChart(list(classes.precision_recall), unit)
  );
}

function confusionChart(names, confusion) {
  const size = confusion.length;
  const totals = confusion.map((row) => row.reduce((sum, cell) => sum + cell, 0));
  const all = totals.reduce((sum, cell) => sum + cell, 0);
  const right = confusion.reduce((sum, row, place) => sum + row[place], 0);
  const share = (actual, predicted) => (totals[actual] > 0 ? confusion[actual][predicted] / totals[actual] : 0);
  let worst = null;
  const cells = [];
  confusion.forEach((row, actual) =>
    row.forEach((cell, predicted) => {
      cells.push([predicted, actual, cell]);
      if (actual !== predicted && cell > 0 && (!worst || cell > worst.cell)) worst = { actual, predicted, cell };
    })
  );
  const label = (place) => shorten(names[place], 40);
  const labels = confusion.map((_, place) => label(place));
  const cellHeight = size <= 4 ? 58 : size <= 8 ? 40 : size <= 16 ? 28 : 20;
  const turned = (width) => Math.max(...labels.map((text) => textWidth(text))) > width - 8;
  const bottom = 90;
  return chart({
    title: 'Which classes are mixed up',
    note: 'Each line is a true class: where its rows went. The darker the diagonal, the better.',
    label: `Confusion matrix: ${count(right)} of ${counted(all, 'row')} (${percent(all > 0 ? right / all : 0)}) are on the diagonal${worst ? `; the commonest mistake is ${label(worst.actual)} taken for ${label(worst.predicted)} (${counted(worst.cell, 'row')})` : ''}.`,
    height: Math.max(240, size * cellHeight + bottom + 10),
    className: size > 16 ? 'full' : '',
    yTitle: 'True class ↓, predicted class →',
    option: ({ width }) => {
      const left = labelSpace(labels, width, 0.3) + 12;
      const cellWidth = (width - left - 12) / size;
      const turn = turned(cellWidth);
      return {
        grid: { left, right: 12, top: 8, bottom: turn ? bottom : 30, outerBoundsMode: 'none' },
        xAxis: {
          ...nameAxis(labels, turn ? 80 : cellWidth),
          axisLabel: { ...nameAxis(labels, turn ? 80 : cellWidth).axisLabel, rotate: turn ? 60 : 0 },
        },
        yAxis: nameAxis(labels, left - 12, { inverse: true }),
        tooltip: tooltip(({ data: [predicted, actual, cell] }) => ({
          title: actual === predicted ? `${label(actual)}, rightly` : `${label(actual)} taken for ${label(predicted)}`,
          rows: [['Rows', count(cell)], [`Of all rows of ${label(actual)}`, percent(share(actual, predicted))]],
        })),
        series: [
          {
            type: 'custom',
            data: cells,
            encode: { x: 0, y: 1 },
            renderItem: (_, api) => {
              const [x, y] = api.coord([api.value(0), api.value(1)]);
              const [w, tall] = api.size([1, 1]);
              const colour = depth(share(api.value(1), api.value(0)));
              const text = count(api.value(2));
              return {
                type: 'group',
                children: [
                  { type: 'rect', shape: { x: x - w / 2, y: y - tall / 2, width: w, height: tall }, style: { fill: colour.fill, stroke: theme().surface, lineWidth: 1 } },
                  textWidth(text) < w - 4 && tall >= 16 && {
                    type: 'text',
                    style: { x, y, text, fill: colour.ink, fontSize: 12, fontFamily: FONT, align: 'center', verticalAlign: 'middle' },
                  },
                ].filter(Boolean),
              };
            },
          },
        ],
      };
    },
    numbers: {
      caption: 'Rows by true class (lines) and predicted class (columns)',
      columns: ['True class', ...labels],
      rows: () => confusion.map((row, actual) => [label(actual), ...row.map(count)]),
    },
  });
}

/** Entries of a legend that show and hide curves; curves beyond the first few are hidden at first. */
function curveLegend(curves, text) {
  return curves.map((curve, place) => ({
    name: text(curve),
    mark: 'line',
    dash: seriesStyle(place).type,
    color: () => seriesStyle(place).color,
    toggles: curves.length > 1,
    hidden: place >= MOST_CURVES,
  }));
}

const hiddenNote = (curves) => (curves.length > MOST_CURVES ? ` The first ${MOST_CURVES} of ${curves.length} classes are shown; press the others to add them.` : '');

function curveSeries(curves, hidden, data) {
  return curves
    .map((curve, place) =>
      hidden.has(place) ? null : {
        type: 'line',
        name: String(place),
        data: data(curve),
        showSymbol: false,
        symbolSize: 6,
        lineStyle: { width: 2, ...seriesStyle(place) },
        itemStyle: { color: seriesStyle(place).color },
        emphasis: { disabled: true },
        z: 3,
      }
    )
    .filter(Boolean);
}

function rocChart(curves, unit) {
  const worst = curves.reduce((a, b) => (b.auc < a.auc ? b : a));
  return chart({
    title: 'Found against false alarms',
    note: `ROC curves. Lowering the bar for a class finds more of its rows (upwards) and raises more false alarms (to the right). The area under the curve (AUC) is 1 at best; the dashed line is chance.${hiddenNote(curves)}`,
    label: curves.length === 1
      ? `ROC curve of ${shorten(curves[0].class)}: the area under it is ${number(curves[0].auc, 3)}.`
      : `ROC curves of ${curves.length} classes: the areas under them are from ${number(worst.auc, 3)} (${shorten(worst.class)}) to ${number(Math.max(...curves.map(({ auc }) => auc)), 3)}.`,
    height: 320,
    zoom: 'xy',
    yTitle: 'Share of the class that is found',
    xTitle: 'Share of the others that is taken for it',
    legend: curveLegend(curves, (curve) => `${shorten(curve.class, 30)}: AUC ${number(curve.auc, 3)}`),
    option: ({ hidden, zoomed }) => ({
      grid: plainGrid(unit),
      xAxis: valueAxis(unit, { zoomed }),
      yAxis: valueAxis(unit, { zoomed }),
      tooltip: tooltip(nearest(curves, 'False alarms', 'Found'), { trigger: 'axis' }),
      series: [guide([[0, 0], [1, 1]], theme().text), ...curveSeries(curves, hidden, (curve) => list(curve.points))],
    }),
    numbers: {
      caption: 'Points of the ROC curves',
      columns: ['Class', 'False alarms', 'Found'],
      rows: () => curves.flatMap((curve) => list(curve.points).map(([x, y]) => [shorten(curve.class), number(x, 3), number(y, 3)])),
    },
  });
}

function recallChart(curves, unit) {
  const worst = curves.reduce((a, b) => (b.average < a.average ? b : a));
  const single = curves.length === 1;
  return chart({
    title: 'Found against rightly named',
    note: `Precision-recall curves: the more rows of a class are to be found (to the right), the fewer of those named are right (upwards).${single ? ' The dashed line is chance.' : ''}${hiddenNote(curves)}`,
    label: single
      ? `Precision-recall curve of ${shorten(curves[0].class)}: the average precision is ${number(curves[0].average, 3)}; chance would give ${number(curves[0].share, 3)}.`
      : `Precision-recall curves of ${curves.length} classes: average precision is from ${number(worst.average, 3)} (${shorten(worst.class)}) to ${number(Math.max(...curves.map(({ average }) => average)), 3)}.`,
    height: 320,
    zoom: 'xy',
    yTitle: 'Share of the rows so named that are right (precision)',
    xTitle: 'Share of the class that is found (recall)',
    legend: curveLegend(curves, (curve) => `${shorten(curve.class, 30)}: ${number(curve.average, 3)}${single && known(curve.share) ? ` (chance ${number(curve.share, 2)})` : ''}`),
    option: ({ hidden, zoomed }) => ({
      grid: plainGrid(unit),
      xAxis: valueAxis(unit, { zoomed }),
      yAxis: valueAxis(unit, { zoomed }),
      tooltip: tooltip(nearest(curves, 'Recall', 'Precision'), { trigger: 'axis' }),
      series: [
        single && known(curves[0].share) && guide([[0, curves[0].share], [1, curves[0].share]], theme().text),
        ...curveSeries(curves, hidden, (curve) => list(curve.points)),
      ].filter(Boolean),
    }),
    numbers: {
      caption: 'Points of the precision-recall curves',
      columns: ['Class', 'Recall', 'Precision'],
      rows: () => curves.flatMap((curve) => list(curve.points).map(([x, y]) => [shorten(curve.class), number(x, 3), number(y, 3)])),
    },
  });
}

function nearest(curves, across, up) {
  return (parameters) => {
    const shown = parameters.filter((item) => curves[Number(item.seriesName)] && Array.isArray(item.data));
    if (shown.length === 0) return null;
    return {
      title: `${across} ${number(shown[0].axisValue, 3)}`,
      rows: shown.map((item) => [shorten(curves[Number(item.seriesName)].class, 40), `${up} ${number(item.data[1], 3)}`, item.color]),
    };
  };
}

function calibrationChart(all, unit, measured) {
  const curves = all.filter((curve) => list(curve.bins).length > 0);
  const gap = curves.flatMap((curve) => list(curve.bins).map((bin) => ({ ...bin, class: curve.class, gap: Math.abs(bin.share - bin.probability) }))).reduce((a, b) => (b.gap > a.gap ? b : a));
  return chart({
    title: 'Are the probabilities right?',
    note: `Rows in groups by predicted probability: how often the class is then true. On the dashed line, 70 % means 70 %. Whiskers are ${known(measured?.level) ? `${number(measured.level * 100, 3)} % ` : ''}intervals${curves.length > MOST_WHISKERS ? `; they are drawn while at most ${MOST_WHISKERS} classes are shown: press a class to hide it` : ''}.${hiddenNote(curves)}`,
    label: `Calibration of ${counted(curves.length, 'class', 'classes')}: the largest gap is at ${shorten(gap.class)}, where a mean probability of ${number(gap.probability, 2)} was predicted and ${number(gap.share, 2)} is true of ${counted(gap.rows, 'row')}.`,
    height: 320,
    yTitle: 'Share of rows where the class is true',
    xTitle: 'Predicted probability',
    legend: curveLegend(curves, (curve) => shorten(curve.class, 30)),
    option: ({ hidden }) => ({
      grid: plainGrid(unit),
      xAxis: valueAxis(unit),
      yAxis: valueAxis(unit),
      tooltip: tooltip((item) => {
        const curve = curves[Number(item.seriesName)];
        const bin = curve?.bins[item.dataIndex];
        return bin && {
          title: shorten(curve.class, 60),
          rows: [['Mean probability', number(bin.probability, 3)], ['Share that is true', interval(bin.share, bin.interval)], ['Rows', count(bin.rows)]],
        };
      }),
      series: [
        guide([[0, 0], [1, 1]], theme().text),
        ...curves.flatMap((curve, place) =>
          hidden.has(place) || curves.length - hidden.size > MOST_WHISKERS ? [] : [
            whiskers(curve.bins.filter((bin) => bin.interval).map((bin) => [bin.probability, ...bin.interval]), { color: seriesStyle(place).color, width: 1, cap: 3 }),
          ]
        ),
        ...curveSeries(curves, hidden, (curve) => curve.bins.map((bin) => [bin.probability, bin.share])).map((series) => ({ ...series, showSymbol: true, symbol: 'circle', symbolSize: 7 })),
      ],
    }),
    numbers: {
      caption: 'Predicted probabilities and observed shares',
      columns: ['Class', 'Mean probability', 'Share that is true', 'Interval', 'Rows'],
      rows: () => curves.flatMap((curve) => curve.bins.map((bin) => [shorten(curve.class), number(bin.probability, 3), number(bin.share, 3), range(bin.share, bin.interval), count(bin.rows)])),
    },
  });
}
