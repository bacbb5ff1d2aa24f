import { chart, extent, labelSpace, nameAxis, textWidth, tooltip, valueAxis } from '../chart.js';
import { h, list, named, shorten } from '../dom.js';
import { date, known, number, tick } from '../numbers.js';
import { heat, heatGradient, theme } from '../theme.js';
import { section } from './section.js';

export function pairs({ pairs: all, inputs }) {
  const maps = list(all).filter((pair) => list(pair.values).length > 0 && list(pair.x).length > 0 && list(pair.y).length > 0);
  if (maps.length === 0) return null;
  const kinds = new Map(list(inputs).map((input) => [input.column, input.kind]));
  return section(
    'pairs',
    'Pairs of columns',
    ['The mean prediction over two columns at once, for the pairs that act together most. Where the colour changes along one side only, the other column does not matter; slanting or bent bands mean that the effect of one depends on the other.'],
    h('div', { class: 'cards' }, maps.map((pair) => map(pair, kinds)))
  );
}

/** Edges of cells halfway between the places of a grid. */
function edges(grid) {
  if (grid.length === 1) return [grid[0] - 0.5, grid[0] + 0.5];
  const inner = grid.slice(1).map((cell, place) => (cell + grid[place]) / 2);
  return [grid[0], ...inner, grid[grid.length - 1]];
}

function side(grid, kind) {
  const texts = typeof grid[0] === 'string';
  const places = texts ? grid.map((_, place) => place) : grid;
  const bounds = texts ? [...places.map((place) => place - 0.5), places.length - 0.5] : edges(places);
  const dates = kind === 'date' && !texts;
  return { texts, dates, bounds, grid, text: texts ? (cell) => shorten(cell, 60) : dates ? date : (cell) => number(cell) };
}

function map(pair, kinds) {
  const [first, second] = pair.columns;
  const x = side(list(pair.x), kinds.get(first));
  const y = side(list(pair.y), kinds.get(second));
  const cells = [];
  list(pair.values).forEach((row, j) => list(row).forEach((value, i) => known(value) && cells.push({ i, j, value })));
  const [low, high] = extent(cells.map(({ value }) => value)) ?? [0, 1];
  const share = (value) => (high > low ? (value - low) / (high - low) : 0.5);
  const least = cells.reduce((a, b) => (!a || b.value < a.value ? b : a), null);
  const most = cells.reduce((a, b) => (!a || b.value > a.value ? b : a), null);
  const at = (cell) => `${shorten(first, 40)} ${x.text(x.grid[cell.i])} and ${shorten(second, 40)} ${y.text(y.grid[cell.j])}`;
  const title = `${shorten(first, 80)} and ${shorten(second, 80)}`;
  return chart({
    title,
    className: 'small',
    label: least ? `Mean ${shorten(pair.output, 60)} over ${title}: lowest, ${number(least.value, 3)}, at ${at(least)}; highest, ${number(most.value, 3)}, at ${at(most)}.` : `No values over ${title}.`,
    height: 280,
    yTitle: `${shorten(second, 80)} ↑`,
    xTitle: `${shorten(first, 80)} →`,
    option: ({ width }) => {
      const axis = (part, room) =>
        part.texts
          ? nameAxis(part.grid.map((cell) => shorten(cell, 40)), room)
          : valueAxis({ min: part.bounds[0], max: part.bounds[part.bounds.length - 1] }, { dates: part.dates, grid: false });
      const left = y.texts ? labelSpace(y.grid.map((cell) => shorten(cell, 40)), width, 0.35) + 12 : Math.max(40, ...y.bounds.map((edge) => textWidth(tick(Number(edge.toPrecision(3)))))) + 12;
      const room = x.texts ? (width - left - 20) / x.grid.length : 0;
      const widest = x.texts ? Math.max(...x.grid.map((cell) => textWidth(shorten(cell, 40)))) : 0;
      const turn = x.texts && widest > room - 6;
      const xAxis = axis(x, turn ? 80 : room);
      if (turn) xAxis.axisLabel = { ...xAxis.axisLabel, rotate: 50 };
      const yAxis = axis(y, left - 12);
      return {
        grid: { left, right: 20, top: 8, bottom: turn ? 78 : 28, outerBoundsMode: 'none' },
        xAxis,
        yAxis,
        tooltip: tooltip(({ dataIndex }) => {
          const cell = cells[dataIndex];
          return { title: `${shorten(pair.output, 60)} ${number(cell.value)}`, rows: [[shorten(first, 40), x.text(x.grid[cell.i])], [shorten(second, 40), y.text(y.grid[cell.j])]] };
        }),
        series: [
          {
            type: 'custom',
            clip: true,
            encode: { x: 0, y: 1 },
            data: cells.map(({ i, j }) => [x.texts ? i : x.grid[i], y.texts ? j : y.grid[j]]),
            renderItem: ({ dataIndex }, api) => {
              const { i, j, value } = cells[dataIndex];
              const [x0, x1] = ends(x, i, 0, api);
              const [y0, y1] = ends(y, j, 1, api);
              const { fill } = heat(share(value));
              return { type: 'rect', shape: { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) }, style: { fill } };
            },
          },
        ],
      };
    },
    after: h(
      'div',
      { class: 'ramp' },
      h('span', null, number(low, 3)),
      h('span', { class: 'ramp-colours', style: `background:${heatGradient()}`, 'aria-hidden': 'true' }),
      h('span', null, number(high, 3)),
      h('span', { class: 'ramp-name' }, `mean ${shorten(pair.output, 60)}`)
    ),
    numbers: {
      caption: `Mean ${shorten(pair.output, 60)} over ${title}`,
      columns: [named(first), named(second), `Mean ${shorten(pair.output, 60)}`],
      rows: () => cells.map(({ i, j, value }) => [x.text(x.grid[i]), y.text(y.grid[j]), number(value)]),
    },
  });
}

function ends(part, place, dimension, api) {
  const along = (value) => api.coord(dimension === 0 ? [value, 0] : [0, value])[dimension];
  // Whole pixels leave no seams between cells.
  if (!part.texts) return [along(part.bounds[place]), along(part.bounds[place + 1])].map(Math.round);
  const middle = along(place);
  const half = api.size([1, 1])[dimension] / 2;
  return [middle - half, middle + half].map(Math.round);
}
