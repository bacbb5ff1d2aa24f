import { bars } from '../bars.js';
import { counted, disclosure, enumerate, h, list, sentence, shorten, table } from '../dom.js';
import { count, known, number, percent, percentTick, signed } from '../numbers.js';
import { lossName } from '../metrics.js';
import { theme } from '../theme.js';
import { section, side } from './section.js';
import { neuronMeanings, predictorWords } from './summary.js';

const code = (text) => h('span', { class: String(text).length < 32 ? 'code whole' : 'code' }, text);

export function neuron({ neuron: part, polynomial, data }) {
  if (!part?.text) return null;
  const search = part.search;
  const meanings = neuronMeanings(part);
  const target = data?.fitted ?? enumerate(list(data?.targets).map((name) => shorten(name, 60)), 3);
  return section(
    'neuron',
    'The neuron',
    [
      [
        part.text === 'x'
          ? 'The neuron of this model is the usual one of artificial networks: '
          : 'A usual artificial neuron adds up its weighted inputs. This one was made for these data: ',
        code(part.text),
        meanings.length > 0 ? `, that is ${meanings.length > 1 ? 'the sum of ' : ''}${enumerate(meanings)}. ` : '. ',
        predictorWords(part, polynomial),
      ],
      part.choice && `${sentence(part.choice)}${/[.!?]$/.test(part.choice) ? '' : '.'}`,
      search && [
        'The search (method ', code(search.method), ') found ', code(search.found), '.',
        known(search.left) ? ` Its formula leaves ${percent(search.left)} of the variance of ${target} unexplained.` : '',
      ],
    ],
    search && list(search.terms).length > 0 && terms(list(search.terms)),
    search && list(search.alternatives).length > 1 &&
      table({
        caption: 'Neurons that held-out rows cannot tell from the best',
        columns: [
          { title: 'Neuron', cell: (row) => code(row.neuron), wide: true },
          { title: 'Coefficients', number: true, cell: (row) => count(row.parameters) },
          { title: 'Held-out error', number: true, cell: (row) => number(row.error) },
          { title: 'Above the least', number: true, cell: (row) => number(row.above, 3) },
          { title: 'Standard error of that', number: true, cell: (row) => number(row.standard_error, 2) },
        ],
        rows: list(search.alternatives),
      }),
    list(part.candidates).length > 0 && candidates(part),
    search && side(
      list(search.runners_up).length > 0 &&
        table({
          caption: 'Runners-up of the search',
          note: '(the criterion weighs fit against size; lower is better)',
          columns: [
            { title: 'Neuron', cell: (row) => code(row.neuron), wide: true },
            { title: 'Criterion', number: true, cell: (row) => number(row.criterion, 5) },
            { title: 'Above the chosen one', number: true, cell: (row) => number(row.gap, 3) },
          ],
          rows: list(search.runners_up),
        }),
      search.bootstrap && list(search.bootstrap.structures).length > 0 &&
        table({
          caption: `What searches of ${counted(search.bootstrap.resamples, 'bootstrap sample')} found`,
          columns: [
            { title: 'Neuron', cell: (row) => code(row.neuron), wide: true },
            { title: 'Samples', number: true, cell: (row) => count(row.count) },
            { title: 'Share', number: true, cell: (row) => percent(row.count / search.bootstrap.resamples) },
          ],
          rows: list(search.bootstrap.structures),
        })
    ),
    search && list(search.path).length > 0 &&
      disclosure(`How the search went (${counted(search.path.length, 'step')})`, () =>
        table({
          caption: 'Steps of the search',
          note: '(lower is better)',
          columns: [
            { title: 'Step', cell: (row) => row.place },
            { title: 'What was done', cell: (row) => row.action, wide: true },
            { title: 'Neuron after it', cell: (row) => code(row.neuron), wide: true },
            { title: 'Criterion', number: true, cell: (row) => number(row.criterion, 5) },
          ],
          rows: search.path.map((step, place) => ({ ...step, place: place + 1 })),
        })
      )
  );
}

function terms(all) {
  const has = (field) => all.some((term) => known(term[field]));
  const shares = all.filter((term) => known(term.share));
  const strongest = shares.reduce((a, b) => (!a || b.share > a.share ? b : a), null);
  const costliest = all.filter((term) => known(term.dropped)).reduce((a, b) => (!a || b.dropped > a.dropped ? b : a), null);
  const column = (field, title, format) => (has(field) ? [{ title, number: true, cell: (term) => format(term[field]) }] : []);
  return [
    h('h3', null, 'What each term does'),
    side(
      strongest &&
        bars({
          heading: 4,
          title: 'Share of the formula',
          note: 'How much of the formula’s variance is of each term; together 100 %. A term that works against others may be below zero.',
          label: `Shares of the formula’s variance: the largest is of ${strongest.term} with ${percent(strongest.share)}.`,
          items: shares.map((term) => ({ name: term.term, value: term.share, rows: termRows(term) })),
          format: percent,
          axisFormat: percentTick,
          numbers: { caption: 'Shares of the formula', columns: ['Term', 'Share'], rows: () => shares.map((term) => [term.term, percent(term.share)]) },
        }),
      costliest &&
        bars({
          heading: 4,
          title: 'What is lost without it',
          note: 'The share of the target’s variance that is no longer explained when the term is dropped and the rest fitted again.',
          label: `What is lost when a term is dropped: most, ${percent(costliest.dropped)} of the target’s variance, without ${costliest.term}.`,
          items: all.filter((term) => known(term.dropped)).map((term) => ({ name: term.term, value: term.dropped, color: () => theme().linear, rows: termRows(term) })),
          format: percent,
          axisFormat: percentTick,
          numbers: { caption: 'Loss without each term', columns: ['Term', 'Lost without it'], rows: () => all.map((term) => [term.term, percent(term.dropped)]) },
        })
    ),
    table({
      caption: 'Terms of the found neuron',
      columns: [
        { title: 'Term', cell: (term) => code(term.term) },
        { title: 'What it is', cell: (term) => sentence(term.meaning), wide: true },
        ...column('share', 'Share', percent),
        ...column('dropped', 'Lost without it', percent),
        ...column('bic_gain', 'BIC rises without it by', (value) => signed(value, 3)),
        ...column('gate_probability', 'Probability that it belongs', percent),
        ...column('bootstrap', 'Bootstrap samples that keep it', percent),
      ],
      rows: all,
    }),
    has('bic_gain') && h('p', { class: 'note' }, 'BIC weighs fit against the number of coefficients. A rise above 10 is strong evidence for the term, one near zero or below is none.'),
  ];
}

function termRows(term) {
  return [
    known(term.share) && ['Share', percent(term.share)],
    known(term.dropped) && ['Lost without it', percent(term.dropped)],
    known(term.bic_gain) && ['BIC rises by', signed(term.bic_gain, 3)],
  ].filter(Boolean);
}

function candidates(part) {
  const rows = list(part.candidates);
  const loss = lossName(part.compared_by ?? 'loss');
  const has = (field) => rows.some((row) => known(row[field]));
  return table({
    caption: 'What was compared before the model was chosen',
    note: `(${loss}; lower is better)`,
    columns: [
      { title: 'Candidate', cell: (row) => [sentence(row.name), row.chosen && h('span', { class: 'badge' }, 'the model')], wide: true },
      { title: 'Coefficients', number: true, cell: (row) => count(row.parameters) },
      { title: 'Networks', number: true, cell: (row) => (row.networks > 0 ? count(row.networks) : '') },
      { title: 'On held-out rows', number: true, cell: (row) => number(row.validation) },
      ...(has('test') ? [{ title: 'On test rows', number: true, cell: (row) => number(row.test) }] : []),
      ...(has('weight') ? [{ title: 'Weight in the blend', number: true, cell: (row) => (known(row.weight) ? percent(row.weight) : '') }] : []),
    ],
    rows: rows.map((row) => ({ ...row, mark: row.chosen })),
  });
}
