import { bars } from '../bars.js';
import { chart, labelSpace, nameAxis, tooltip, valueAxis, whiskers, zeroLine } from '../chart.js';
import { copyable } from '../copy.js';
import { counted, disclosure, h, list, named, sentence, shorten, table } from '../dom.js';
import { count, interval, known, number, percent, percentTick, plain, withInterval } from '../numbers.js';
import { theme } from '../theme.js';
import { section, side } from './section.js';

const TYPESET = 6;
const CHARTED = 15;

export function formula({ polynomial }) {
  const outputs = list(polynomial?.outputs);
  if (outputs.length === 0) return null;
  const shifts = list(polynomial.shifts);
  const certain = polynomial.intervals
    ? `${sentence(polynomial.intervals)}${/[.!?]$/.test(polynomial.intervals) ? '' : '.'}`
    : polynomial.intervals_missing && `The coefficients have no intervals: ${polynomial.intervals_missing}${/[.!?]$/.test(polynomial.intervals_missing) ? '' : '.'}`;
  return section(
    'formula',
    'The formula',
    [
      polynomial.predicts
        ? 'The found neuron multiplied out: a polynomial in the units of your table. This is what predicts.'
        : 'What the search fitted, multiplied out: a polynomial in the units of your table. Networks predict, and this is only their first approximation; read it for the direction and the rank of effects.',
      shifts.length > 0 && shiftWords(shifts),
      certain,
    ],
    outputs.map((output, place) => {
      const build = () => one(output, shifts);
      if (outputs.length === 1) return build();
      return disclosure([`Formula of `, h('b', null, shorten(output.name, 120))], build, { open: place === 0, className: 'part' });
    })
  );
}

function shiftWords(shifts) {
  const words = shifts.slice(0, 5).flatMap(({ input, shift }, place) => [
    place > 0 ? ', ' : '',
    h('span', { class: 'code' }, shorten(input)),
    ` as the difference from ${plain(shift, 6)}`,
  ]);
  const more = shifts.length > 5 ? `, and ${counted(shifts.length - 5, 'more input')} (they stand as “(name − constant)” in the formula)` : '';
  return [
    shifts.length === 1 ? 'One input enters the formula less a constant: ' : 'Some inputs enter the formula less a constant: ',
    words,
    more,
    '. Their coefficients then say what happens near that value.',
  ];
}

function one(output, shifts) {
  const monomials = list(output.monomials);
  const pairs = list(output.pairs);
  const triples = list(output.triples);
  const left = known(output.total) ? output.total - monomials.length : 0;
  return [
    typeset(output, shifts),
    h('div', { class: 'side' },
      output.text && copyable('As text', 'the formula as text', output.text),
      output.latex && copyable('As LaTeX', 'the formula as LaTeX', output.latex)),
    monomials.length > 0 && [
      side(strength(monomials), certainty(monomials)),
      table({
        caption: 'The strongest products and their coefficients',
        note: left > 0 ? `(${count(monomials.length)} of ${count(output.total)})` : null,
        columns: [
          { title: 'Product', cell: (row) => h('span', { class: 'code' }, named(row.text)), wide: true },
          { title: 'Coefficient', number: true, cell: (row) => withInterval(row.coefficient, row.interval).value },
          ...(monomials.some((row) => row.interval) ? [{ title: '95 % interval', number: true, cell: range }] : []),
          ...(monomials.some((row) => known(row.share)) ? [{ title: 'Share', number: true, cell: (row) => percent(row.share) }] : []),
        ],
        rows: monomials,
      }),
      h('p', { class: 'note' }, 'Share: the variance of coefficient times product over that of the whole formula. Products may cancel, so shares can exceed 100 % and need not add up.'),
    ],
    (pairs.length > 0 || triples.length > 0) && [
      h('h3', null, 'Inputs that act together'),
      h('p', { class: 'note' }, 'The share of the formula’s variance that comes from these inputs only in combination: it is in no single one of them (Sobol indices, as if the inputs were independent).'),
      side(
        pairs.length > 0 && together('Pairs', pairs),
        triples.length > 0 && together('Triples', triples)
      ),
    ],
  ];
}

function range(row) {
  const text = withInterval(row.coefficient, row.interval);
  return text.low === null ? null : `${text.low} to ${text.high}`;
}

/** The first terms set as one reads mathematics. */
function typeset(output, shifts) {
  const monomials = list(output.monomials);
  if (!known(output.constant) && monomials.length === 0) return null;
  const shiftOf = new Map(shifts.map(({ input, shift }) => [input, shift]));
  const first = monomials.slice(0, TYPESET);
  const rest = (known(output.total) ? output.total : monomials.length) - first.length;
  const parts = first.map((monomial, place) => {
    const sign = monomial.coefficient < 0 ? '−' : place > 0 || known(output.constant) ? '+' : '';
    return [
      ` ${sign} `,
      h('span', { class: 'monomial' },
        plain(Math.abs(monomial.coefficient)),
        list(monomial.inputs).length > 0
          ? list(monomial.inputs).map(([input, power]) => [' · ', factor(input, power, shiftOf.get(input))])
          : [' · ', h('var', null, shorten(monomial.text))]),
    ];
  });
  return h(
    'p',
    { class: 'formula card' },
    h('var', null, shorten(output.name, 80)),
    rest > 0 ? ' ≈ ' : ' = ',
    known(output.constant) && plain(output.constant, 5),
    parts,
    rest > 0 && h('span', { class: 'quiet' }, ` + ${counted(rest, 'weaker term')}`)
  );
}

function factor(input, power, shift) {
  const name = h('var', null, shorten(input, 60));
  const base = known(shift) && shift !== 0 ? ['(', name, shift > 0 ? ' − ' : ' + ', plain(Math.abs(shift), 6), ')'] : name;
  return [base, power !== 1 && h('sup', null, power)];
}

const effect = (value) => (value < 0 ? theme().down : theme().up);
const signs = [
  { name: 'positive coefficient', mark: 'box', color: () => theme().up },
  { name: 'negative coefficient', mark: 'box', color: () => theme().down },
];

function monomialRows(monomial) {
  return [
    ['Coefficient', interval(monomial.coefficient, monomial.interval)],
    known(monomial.share) && ['Share', percent(monomial.share)],
  ].filter(Boolean);
}

function strength(monomials) {
  const shown = monomials.filter((monomial) => known(monomial.share)).slice(0, CHARTED);
  if (shown.length === 0) return null;
  return bars({
    title: 'Which products are strong',
    note: 'Share of the formula’s variance; the colour says whether the product raises or lowers the outcome.',
    label: `The strongest product is ${shorten(shown[0].text, 80)} with ${percent(shown[0].share)} of the formula’s variance and a ${shown[0].coefficient < 0 ? 'negative' : 'positive'} coefficient.`,
    legend: signs,
    items: shown.map((monomial) => ({ name: monomial.text, value: monomial.share, color: () => effect(monomial.coefficient), rows: monomialRows(monomial) })),
    format: percent,
    axisFormat: percentTick,
    numbers: { caption: 'Shares of products', columns: ['Product', 'Share', 'Coefficient'], rows: () => shown.map((monomial) => [named(monomial.text), percent(monomial.share), number(monomial.coefficient)]) },
  });
}

/** Intervals over the size of their coefficient, as the coefficients themselves have different units. */
function certainty(monomials) {
  const shown = monomials
    .filter((monomial) => monomial.interval && known(monomial.interval[0]) && known(monomial.interval[1]) && monomial.coefficient !== 0)
    .slice(0, CHARTED)
    .map((monomial) => ({ ...monomial, low: monomial.interval[0] / Math.abs(monomial.coefficient), high: monomial.interval[1] / Math.abs(monomial.coefficient) }));
  if (shown.length === 0) return null;
  const names = shown.map((monomial) => shorten(monomial.text, 80));
  const unsure = shown.filter((monomial) => monomial.low <= 0 && monomial.high >= 0);
  const span = { min: -2, max: 2, interval: 1 };
  const cut = (value) => Math.min(Math.max(value, span.min), span.max);
  return chart({
    title: 'How sure the coefficients are',
    note: 'Each coefficient and its 95 % interval, divided by its own size, so that all fit one axis. Where the whisker crosses zero the data do not tell the sign.',
    label: `95 % intervals of ${counted(shown.length, 'coefficient')}: ${unsure.length === 0 ? 'none contains zero' : `${unsure.length} contain${unsure.length === 1 ? 's' : ''} zero`}.`,
    legend: signs,
    height: shown.length * 26 + 44,
    xTitle: 'Coefficient over its size',
    option: ({ width }) => {
      const left = labelSpace(names, width, 0.42);
      return {
        grid: { left: left + 12, right: 20, top: 6, bottom: 28, outerBoundsMode: 'none' },
        xAxis: valueAxis(span),
        yAxis: nameAxis(names, left, { inverse: true }),
        tooltip: tooltip(({ dataIndex }) => ({ title: shorten(shown[dataIndex].text, 200), rows: monomialRows(shown[dataIndex]) })),
        series: [
          zeroLine(theme().text),
          whiskers(shown.map((monomial, place) => [place, cut(monomial.low), cut(monomial.high)]), { across: true, color: theme().quiet }),
          { type: 'scatter', symbolSize: 10, z: 6, data: shown.map((monomial, place) => ({ value: [Math.sign(monomial.coefficient), place], itemStyle: { color: effect(monomial.coefficient) } })) },
        ],
      };
    },
    numbers: { caption: 'Coefficients with intervals', columns: ['Product', 'Coefficient', '95 % interval'], rows: () => shown.map((monomial) => [named(monomial.text), withInterval(monomial.coefficient, monomial.interval).value, range(monomial)]) },
  });
}

function together(title, groups) {
  const name = ({ inputs }) => list(inputs).map((input) => shorten(input, 60)).join(' × ');
  return bars({
    heading: 4,
    title,
    label: `${title} of inputs that act together: the strongest is ${name(groups[0])} with ${percent(groups[0].share)} of the formula’s variance.`,
    items: groups.map((group) => ({ name: name(group), value: group.share, color: () => theme().series[2], rows: [['Share', percent(group.share)]] })),
    format: percent,
    axisFormat: percentTick,
    numbers: { caption: `${title} of inputs`, columns: ['Inputs', 'Share'], rows: () => groups.map((group) => [name(group), percent(group.share)]) },
  });
}
