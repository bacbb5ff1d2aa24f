// Bars that lie, one a name: the names are read without turning the head.
import { chart, extent, labelSpace, nameAxis, roundSpan, textWidth, tooltip, valueAxis, whiskers, zeroLine } from './chart.js';
import { shorten } from './dom.js';
import { known, number, tick } from './numbers.js';
import { theme } from './theme.js';

const ROW = 26;

/**
 * A chart of bars. `items` are `{name, value, low, high, color(), rows}`; `rows` are the lines of the
 * tooltip. Other fields go to `chart`.
 */
export function bars({ items, format = (value) => number(value, 3), axisFormat = tick, ...spec }) {
  const names = items.map((item) => shorten(item.name, 80));
  const [least, most] = extent([0, ...items.flatMap((item) => [item.value, item.low, item.high])]);
  const high = most > least ? most : 1;
  const spread = items.filter((item) => known(item.low) && known(item.high));
  const written = spread.length === 0 ? items.map((item) => format(item.value)) : [];
  const room = Math.max(0, ...written.map((text) => textWidth(text))) + 8;
  return chart({
    height: items.length * ROW + 44,
    ...spec,
    option: ({ width }) => {
      const left = labelSpace(names, width, 0.42);
      // Bars to the left need room for the number at their end.
      const perPixel = (high - least) / Math.max(60, width - left - 72);
      const low = Math.min(least, ...items.map(({ value }, place) => (value < 0 && written.length > 0 ? value - (textWidth(written[place]) + 10) * perPixel : least)));
      const span = roundSpan(low, high, width < 340 ? 3 : 4);
      return {
        grid: { left: left + 12, right: Math.max(20, room), top: 6, bottom: 28, outerBoundsMode: 'none' },
        xAxis: valueAxis(span, { format: axisFormat }),
        yAxis: { ...nameAxis(names, left, { inverse: true }), axisLine: { show: false } },
        tooltip: tooltip(({ dataIndex }) => {
          const item = items[dataIndex];
          return item && { title: shorten(item.name, 200), rows: item.rows ?? [['', format(item.value)]] };
        }),
        series: [
          {
            type: 'bar',
            barWidth: '62%',
            data: items.map((item) => ({
              value: known(item.value) ? item.value : '-',
              itemStyle: { color: item.color ? item.color() : theme().bar },
              label: { position: item.value < 0 ? 'left' : 'right' },
            })),
            label: { show: written.length > 0, color: theme().text, fontSize: 12, formatter: ({ dataIndex }) => written[dataIndex] },
            emphasis: { disabled: true },
          },
          zeroLine(),
          spread.length > 0 && whiskers(items.map((item, place) => [place, item.low, item.high]), { across: true, color: theme().text }),
        ].filter(Boolean),
      };
    },
  });
}
