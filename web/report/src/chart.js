// A chart on the page: the figure around it, drawing when it comes into view, themes, zoom, print.
import { init } from './echarts.js';
import { append, counted, disclosure, h, list, svg, table } from './dom.js';
import { onTheme, forceLight, theme } from './theme.js';
import { date, known, tick } from './numbers.js';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const MOST_NUMBERS = 200;
const charts = new Set();

const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      entry.target.drawChart();
    }
  },
  { rootMargin: '400px 0px' }
);

const resizes = new ResizeObserver((entries) => {
  for (const entry of entries) entry.target.resizeChart();
});

/**
 * A figure with a chart.
 *
 * - `title`, `note`: above it, in words; `heading` is the level of the title's heading
 * - `label`: its main message as a sentence, for people who do not see it
 * - `option({zoomed, hidden, width})`: what ECharts draws
 * - `xTitle`, `yTitle`: what the axes are
 * - `legend`: `{name, mark, color(), toggles}` of each kind of mark
 * - `numbers`: `{caption, columns, rows()}`, the plotted data as a table
 * - `zoom`: "x" or "xy"
 */
export function chart(spec) {
  const canvas = h('div', { class: 'canvas', role: 'img', 'aria-label': spec.label });
  canvas.style.height = `${heightOf(spec)}px`;
  const state = { spec, canvas, instance: null, hidden: hiddenAtFirst(spec), ranges: fullRanges(spec), width: 0 };
  charts.add(state);
  canvas.drawChart = () => draw(state);
  canvas.resizeChart = () => resize(state);
  observer.observe(canvas);
  if (spec.zoom) leaveWheelToPage(canvas);

  state.legend = spec.legend?.length ? h('ul', { class: spec.legend.length > 12 ? 'legend long' : 'legend' }) : null;
  drawLegend(state);
  const heading = spec.title && h(`h${spec.heading ?? 3}`, { class: 'chart-title' }, spec.title);
  const figure = h(
    'figure',
    { class: `chart card ${spec.className ?? ''}`.trim() },
    (heading || spec.note) && h('figcaption', null, heading, spec.note && h('p', { class: 'note' }, spec.note)),
    spec.before,
    state.legend,
    spec.yTitle && h('p', { class: 'axis-title' }, spec.yTitle),
    canvas,
    spec.xTitle && h('p', { class: 'axis-title across' }, spec.xTitle),
    spec.after,
    spec.zoom && zoomButtons(state),
    spec.numbers && numbersOf(spec.numbers)
  );
  figure.redraw = () => setOption(state);
  return figure;
}

function numbersOf({ caption, columns, rows }) {
  return disclosure('Numbers', () => {
    const all = rows();
    const shown = all.slice(0, MOST_NUMBERS);
    return table({
      caption,
      note: all.length > shown.length ? `(the first ${MOST_NUMBERS} of ${counted(all.length, 'row')})` : null,
      columns: columns.map((title, place) => ({ title, number: place > 0, cell: (row) => row[place] })),
      rows: shown,
    });
  }, { className: 'numbers' });
}

const heightOf = (spec) => spec.height ?? 300;
const hiddenAtFirst = (spec) => new Set(list(spec.legend).flatMap((entry, place) => (entry.hidden ? [place] : [])));

// Drawing

function draw(state) {
  if (state.instance || state.canvas.clientWidth === 0) return;
  state.width = state.canvas.clientWidth;
  state.instance = init(state.canvas, null, {
    renderer: 'svg',
    width: state.width,
    height: state.canvas.clientHeight,
  });
  if (state.spec.zoom) state.instance.on('datazoom', () => zoomed(state));
  setOption(state);
  resizes.observe(state.canvas);
}

function setOption(state) {
  if (!state.instance) return;
  const isZoomed = state.ranges.some(([start, end]) => start > 0 || end < 100);
  const option = state.spec.option({ zoomed: isZoomed, hidden: state.hidden, width: state.width });
  const zooms = state.ranges.map(([start, end], place) => ({
    type: 'inside',
    [place === 0 ? 'xAxisIndex' : 'yAxisIndex']: 'all',
    start,
    end,
    filterMode: 'none',
    minSpan: 2,
    // Without a key held the wheel scrolls the page; dragging moves only what is zoomed.
    zoomOnMouseWheel: 'ctrl',
    moveOnMouseWheel: false,
    moveOnMouseMove: isZoomed,
    preventDefaultMouseMove: isZoomed,
  }));
  state.instance.setOption(
    {
      animation: false,
      useUTC: true,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: FONT, fontSize: 12, color: theme().quiet },
      ...option,
      dataZoom: zooms,
    },
    { notMerge: true }
  );
}

function resize(state) {
  const { clientWidth: width, clientHeight: height } = state.canvas;
  if (!state.instance || width === 0 || (width === state.width && height === state.instance.getHeight())) return;
  state.width = width;
  state.instance.resize({ width, height });
  setOption(state);
}

// Legend

const MARKS = {
  line: (color, dash) => svg('line', { x1: 1, y1: 7, x2: 23, y2: 7, stroke: color, 'stroke-width': 2.5, 'stroke-dasharray': dash }),
  thin: (color) => svg('line', { x1: 1, y1: 7, x2: 23, y2: 7, stroke: color, 'stroke-width': 1 }),
  dot: (color) => svg('circle', { cx: 12, cy: 7, r: 4, fill: color }),
  box: (color) => svg('rect', { x: 4, y: 2, width: 16, height: 10, fill: color }),
  whisker: (color) => [
    svg('line', { x1: 3, y1: 7, x2: 21, y2: 7, stroke: color, 'stroke-width': 1.5 }),
    svg('path', { d: 'M3 3v8M21 3v8', stroke: color, 'stroke-width': 1.5 }),
  ],
};
const DASHES = { solid: null, dashed: '5 3', dotted: '2 2' };

function drawLegend(state) {
  if (!state.legend) return;
  const { spec, hidden } = state;
  const entries = spec.legend.map((entry, place) => {
    const mark = svg(
      'svg',
      { width: 24, height: 14, 'aria-hidden': 'true', class: 'mark' },
      MARKS[entry.mark](entry.color(), DASHES[entry.dash ?? 'solid'])
    );
    if (!entry.toggles) return h('li', null, mark, h('span', null, entry.name));
    const button = h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(!hidden.has(place)),
        title: 'Show or hide',
        onclick: () => {
          if (hidden.has(place)) hidden.delete(place);
          else hidden.add(place);
          button.setAttribute('aria-pressed', String(!hidden.has(place)));
          setOption(state);
        },
      },
      mark,
      h('span', null, entry.name)
    );
    return h('li', null, button);
  });
  state.legend.replaceChildren();
  append(state.legend, entries);
}

onTheme(() => {
  for (const state of charts) {
    drawLegend(state);
    setOption(state);
  }
});

// Zoom

const fullRanges = (spec) => (spec.zoom === 'xy' ? [[0, 100], [0, 100]] : spec.zoom ? [[0, 100]] : []);

/** ECharts swallows each turn of the wheel over a chart with zoom, even one that it does not use. */
function leaveWheelToPage(canvas) {
  for (const name of ['wheel', 'mousewheel']) {
    canvas.addEventListener(name, (event) => event.ctrlKey || event.stopPropagation(), { capture: true, passive: true });
  }
}

function zoomed(state) {
  const was = state.ranges.some(([start, end]) => start > 0 || end < 100);
  state.ranges = list(state.instance.getOption().dataZoom).map(({ start, end }) => [start, end]);
  const is = state.ranges.some(([start, end]) => start > 0 || end < 100);
  state.showReset(is);
  // Marks of the axes and dragging differ; not within the event that ECharts still works on.
  if (was !== is) setTimeout(() => setOption(state));
}

function zoomTo(state, ranges) {
  draw(state);
  state.instance?.dispatchAction({
    type: 'dataZoom',
    batch: ranges.map(([start, end], dataZoomIndex) => ({ dataZoomIndex, start, end })),
  });
}

function scaled(state, factor) {
  return state.ranges.map(([start, end]) => {
    const half = Math.min(((end - start) / 2) * factor, 50);
    return within((start + end) / 2 - half, half * 2);
  });
}

function moved(state, axis, share) {
  return state.ranges.map(([start, end], place) =>
    place === axis ? within(start + (end - start) * share, end - start) : [start, end]
  );
}

function within(start, span) {
  const first = Math.min(Math.max(start, 0), 100 - span);
  return [first, first + span];
}

function zoomButtons(state) {
  const what = state.spec.title ?? state.spec.zoomName ?? 'chart';
  const button = (text, name, ranges) =>
    h('button', { type: 'button', class: 'small', 'aria-label': `${name}: ${what}`, title: name, onclick: () => zoomTo(state, ranges()) }, text);
  const moves = h(
    'span',
    { class: 'moves', hidden: true },
    button('←', 'Move left', () => moved(state, 0, -0.4)),
    button('→', 'Move right', () => moved(state, 0, 0.4)),
    state.spec.zoom === 'xy' && [
      button('↑', 'Move up', () => moved(state, 1, 0.4)),
      button('↓', 'Move down', () => moved(state, 1, -0.4)),
    ],
    button('Reset zoom', 'Reset zoom', () => fullRanges(state.spec))
  );
  const enlarge = button('+', 'Zoom in', () => scaled(state, 0.5));
  state.showReset = (show) => {
    // Where the focus would vanish with its button it goes to the first one.
    if (!show && moves.contains(document.activeElement)) enlarge.focus();
    moves.hidden = !show;
  };
  return h(
    'div',
    { class: 'zoom', role: 'group', 'aria-label': `Zoom: ${what}` },
    moves,
    enlarge,
    button('−', 'Zoom out', () => scaled(state, 2))
  );
}

// Print

const PAPER = 0.72;
const isSmall = (spec) => /plain|small/.test(spec.className ?? '');

function beforePrint() {
  document.documentElement.classList.add('printing');
  forceLight(true);
  for (const state of charts) {
    // Small multiples are smaller on paper, so that two rows of them fit a page.
    if (isSmall(state.spec)) state.canvas.style.height = `${Math.round(heightOf(state.spec) * PAPER)}px`;
    draw(state);
    resize(state);
    const picture = state.canvas.querySelector('svg');
    // Paper of another width scales the picture instead of cutting it.
    picture?.setAttribute('viewBox', `0 0 ${state.width} ${state.canvas.clientHeight}`);
  }
}

function afterPrint() {
  document.documentElement.classList.remove('printing');
  forceLight(false);
  for (const state of charts) {
    state.canvas.style.height = `${heightOf(state.spec)}px`;
    state.canvas.querySelector('svg')?.removeAttribute('viewBox');
    resize(state);
  }
}

window.addEventListener('beforeprint', beforePrint);
window.addEventListener('afterprint', afterPrint);

// Parts of options

const pen = document.createElement('canvas').getContext('2d');

/** How wide a text is in pixels. */
export function textWidth(text, size = 12) {
  pen.font = `${size}px ${FONT}`;
  return pen.measureText(text).width;
}

/** How much room the labels of categories need, at most a share of the width. */
export function labelSpace(labels, width, share = 0.4) {
  const widest = Math.max(0, ...labels.map((label) => textWidth(label)));
  return Math.ceil(Math.min(widest + 4, width * share));
}

/** The least and the greatest known number. */
export function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!known(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Round ends of an axis that hold numbers, and the step of its marks. */
export function roundSpan(low, high, parts = 5) {
  let [from, to] = [low, high];
  if (!(to > from)) {
    const room = Math.abs(from) * 0.1 || 1;
    [from, to] = [from - room, to + room];
  }
  const raw = (to - from) / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999) ?? raw;
  const clean = (value) => Number(value.toPrecision(12));
  return {
    min: clean(Math.floor(from / step + 1e-9) * step),
    max: clean(Math.ceil(to / step - 1e-9) * step),
    interval: clean(step),
  };
}

function axisLook(hasGrid) {
  const colours = theme();
  return {
    axisLine: { show: true, onZero: false, lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.quiet, fontSize: 12, hideOverlap: true },
    splitLine: { show: hasGrid, lineStyle: { color: colours.grid } },
    minorTick: { show: false },
  };
}

/** An axis of numbers over a rounded span, or of dates. */
export function valueAxis(span, { zoomed = false, dates = false, grid = true, labels = true, format = tick } = {}) {
  const look = axisLook(grid);
  if (dates) {
    return { type: 'time', min: span.min, max: span.max, splitNumber: 3, ...look, axisLabel: { ...look.axisLabel, show: labels, formatter: shortDate(span) } };
  }
  return {
    type: 'value',
    min: span.min,
    max: span.max,
    interval: zoomed ? undefined : span.interval,
    splitNumber: 4,
    ...look,
    axisLabel: {
      ...look.axisLabel,
      show: labels,
      formatter: format,
      // Ends that are no round numbers are not written: those of zoomed axes, and of a grid's own span.
      showMinLabel: !zoomed && isRound(span.min, span) ? undefined : false,
      showMaxLabel: !zoomed && isRound(span.max, span) ? undefined : false,
    },
  };
}

function isRound(value, { min, max, interval }) {
  if (interval) return true;
  const step = roundSpan(min, max).interval;
  return Math.abs(value / step - Math.round(value / step)) < 1e-6;
}

function shortDate(span) {
  const days = (span.max - span.min) / 86_400_000;
  return (value) => {
    const text = date(value);
    if (days > 1500) return text.slice(0, 4);
    if (days > 120) return text.slice(0, 7);
    return days > 3 ? text.slice(0, 10) : text.slice(5);
  };
}

/** An axis of names that are cut to a width. */
export function nameAxis(names, width, { inverse = false } = {}) {
  const look = axisLook(false);
  return {
    type: 'category',
    data: names.map((_, place) => place),
    inverse,
    ...look,
    axisLabel: {
      ...look.axisLabel,
      color: theme().text,
      interval: 0,
      hideOverlap: false,
      width,
      overflow: 'truncate',
      ellipsis: '…',
      formatter: (_, place) => names[place],
    },
  };
}

/** A tooltip whose words are text nodes: a title and `[label, value, colour]`. */
export function tooltip(content, { trigger = 'item', pointer = 'line' } = {}) {
  const colours = theme();
  return {
    trigger,
    confine: true,
    backgroundColor: colours.surface,
    borderColor: colours.line,
    textStyle: { color: colours.text, fontSize: 13, fontFamily: FONT },
    extraCssText: 'max-width:min(320px,92%);white-space:normal;overflow-wrap:anywhere;box-shadow:0 2px 8px rgba(0,0,0,.2)',
    axisPointer: { type: pointer, lineStyle: { color: colours.neutral }, label: { show: false }, animation: false },
    formatter: (parameters) => {
      const said = content(parameters);
      if (!said) return '';
      const rows = said.rows.map(([label, value, color]) =>
        h('tr', null, h('td', null, color && h('span', { class: 'swatch', style: `background:${color}` }), label), h('td', { class: 'number' }, value))
      );
      return h('div', { class: 'tip' }, h('b', null, said.title), h('table', null, rows));
    },
  };
}

/** Rectangles `[x0, x1, y0, y1]` on axes of numbers; `style(place)` gives the fill. */
export function boxes(data, style, more = {}) {
  return {
    type: 'custom',
    data,
    encode: { x: [0, 1], y: [2, 3] },
    clip: true,
    renderItem: (parameters, api) => {
      const [left, top] = api.coord([api.value(0), api.value(3)]);
      const [right, bottom] = api.coord([api.value(1), api.value(2)]);
      return {
        type: 'rect',
        shape: { x: Math.min(left, right), y: Math.min(top, bottom), width: Math.max(Math.abs(right - left), 1), height: Math.abs(bottom - top) },
        style: style(parameters.dataIndex),
      };
    },
    ...more,
  };
}

/** Whiskers `[place, low, high]`; "across" for bars that lie. */
export function whiskers(data, { across = false, color, width = 1.5, cap = 4, ...more }) {
  return {
    type: 'custom',
    data,
    encode: across ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    clip: true,
    silent: true,
    z: 5,
    renderItem: (_, api) => {
      const at = (value) => api.coord(across ? [value, api.value(0)] : [api.value(0), value]);
      if (!known(api.value(1)) || !known(api.value(2))) return null;
      const [x1, y1] = at(api.value(1));
      const [x2, y2] = at(api.value(2));
      const [dx, dy] = across ? [0, cap] : [cap, 0];
      const line = (shape) => ({ type: 'line', shape, style: { stroke: color, lineWidth: width } });
      return {
        type: 'group',
        children: [
          line({ x1, y1, x2, y2 }),
          line({ x1: x1 - dx, y1: y1 - dy, x2: x1 + dx, y2: y1 + dy }),
          line({ x1: x2 - dx, y1: y2 - dy, x2: x2 + dx, y2: y2 + dy }),
        ],
      };
    },
    ...more,
  };
}

/** A line at zero, over the whole height of an axis of names. */
export function zeroLine(color = theme().neutral) {
  return {
    type: 'custom',
    data: [[0, 0]],
    silent: true,
    z: 6,
    renderItem: ({ coordSys }, api) => {
      const [x] = api.coord([0, 0]);
      return { type: 'line', shape: { x1: x, x2: x, y1: coordSys.y, y2: coordSys.y + coordSys.height }, style: { stroke: color, lineWidth: 1 } };
    },
  };
}

/** A plain line that is not pointed at: a diagonal, a level. */
export function guide(points, color, more = {}) {
  return {
    type: 'line',
    data: points,
    showSymbol: false,
    silent: true,
    tooltip: { show: false },
    lineStyle: { color, width: 1, type: 'dashed' },
    z: 1,
    ...more,
  };
}
