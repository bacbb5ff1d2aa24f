import { counted, enumerate, h, list, named, sentence, shorten } from '../dom.js';
import { count, deviation, interval, known, number, percent, withInterval } from '../numbers.js';
import { comparison, headline, lossName, metricMeaning, metricName } from '../metrics.js';
import { notice, section } from './section.js';

export function summary(document) {
  const warnings = [...list(document.data?.warnings), ...list(document.neuron?.search?.warnings)];
  return section(
    'summary',
    'Summary',
    [whatPredicts(document)],
    h('div', { class: 'tiles' }, howGood(document), theNeuron(document), mostImportant(document)),
    warnings.length > 0 &&
      notice(
        'warning',
        h('h3', null, warnings.length === 1 ? 'A warning' : `${warnings.length} warnings`),
        h('ul', null, [...new Set(warnings)].map((warning) => h('li', null, sentence(warning))))
      )
  );
}

function whatPredicts({ data, source, inputs }) {
  const targets = list(data?.targets).map((target) => h('strong', null, shorten(target, 120)));
  const joined = targets.slice(0, 4).flatMap((target, place) => {
    const more = targets.length > 4 || place < targets.length - 1;
    return place === 0 ? [target] : [more ? ', ' : ' and ', target];
  });
  if (targets.length > 4) joined.push(` and ${targets.length - 4} more`);
  const columns = list(inputs).length || list(data?.columns).filter((column) => column.role === 'input' && column.inputs > 0).length;
  const rows = data?.rows ?? {};
  const held = [
    known(rows.training) && rows.training > 0 && `${counted(rows.training, 'row')} to fit it`,
    known(rows.validation) && rows.validation > 0 && `${counted(rows.validation, 'row')} to choose between candidates`,
    known(rows.test) && rows.test > 0 && `${counted(rows.test, 'row')} kept apart to test it`,
  ].filter(Boolean);
  const folds = known(rows.folds) && rows.folds > 1 ? `, in ${rows.folds} folds, so that each was held out once` : '';
  return [
    'This model predicts ',
    joined.length > 0 ? joined : 'its target',
    data?.task === 'classification' ? ' (a class)' : data?.task === 'regression' ? ' (a number)' : '',
    columns > 0 ? ` from ${counted(columns, 'column')}` : '',
    source ? [' of the table ', h('q', null, shorten(source, 100))] : '',
    '. ',
    held.length > 0 ? `It had ${enumerate(held)}${folds}.` : '',
    source ? '' : ' This report was made without a table, so it holds no measurements, curves or importances of inputs.',
  ];
}

function tile(title, ...children) {
  return h('div', { class: 'tile card' }, h('h3', null, title), children);
}

function howGood({ quality, data }) {
  const measured = quality?.measured;
  const metric = headline(list(measured?.metrics));
  if (metric) {
    const own = withInterval(metric.value, metric.interval);
    const second = list(measured.metrics).find(({ name, value }) => ['r2', 'auc'].includes(name) && known(value) && name !== metric.name);
    const compared = comparison(metric.name, metric.value, metric.linear, metric.lower_is_better);
    return tile(
      'How good',
      h('p', { class: 'big' }, h('span', { class: 'big-name' }, metricName(metric.name)), ' ', bigValue(metric, own.value)),
      own.low !== null && h('p', null, `${intervalName(measured)} ${own.low} to ${own.high}`),
      known(metric.linear) && h('p', null, 'A linear model: ', h('b', null, interval(metric.linear, metric.linear_interval)), compared && `. The model’s is ${compared}.`),
      second && h('p', null, `${metricName(second.name)} ${interval(second.value, second.interval)}`),
      h('p', { class: 'quiet' }, sentence(metricMeaning(metric.name))),
      measured.on && h('p', { class: 'quiet' }, `Measured on ${measured.on}.`),
      measured.seen === true && h('p', { class: 'flag' }, 'The fit saw these rows: new rows will be predicted less well.')
    );
  }
  const split = list(quality?.at_fit)[0];
  const fit = headline(list(split?.metrics));
  if (!fit) return null;
  const compared = comparison(fit.name, fit.model, fit.linear, fit.lower_is_better);
  return tile(
    'How good',
    h('p', { class: 'big' }, h('span', { class: 'big-name' }, metricName(fit.name)), ' ', number(fit.model)),
    known(fit.linear) && h('p', null, 'A linear model: ', h('b', null, number(fit.linear)), compared && `. The model’s is ${compared}.`),
    h('p', { class: 'quiet' }, sentence(metricMeaning(fit.name))),
    h('p', { class: 'quiet' }, `Measured at the fit on its ${split.split} rows${known(data?.rows?.[split.split]) && data.rows[split.split] > 0 ? ` (${count(data.rows[split.split])})` : ''}.`)
  );
}

function bigValue(metric, text) {
  return metric.name === 'accuracy' ? [text, h('span', { class: 'quiet' }, ` (${percent(metric.value)})`)] : text;
}

/** "95 % interval". */
export function intervalName(measured) {
  return known(measured?.level) ? `${number(measured.level * 100, 3)} % interval` : 'Interval';
}

function theNeuron({ neuron, polynomial }) {
  if (!neuron?.text) return null;
  const meanings = neuronMeanings(neuron);
  return tile(
    'The neuron',
    h('p', { class: 'big code' }, neuron.text),
    meanings.length > 0 && [
      h('p', null, meanings.length === 1 ? `It is ${meanings[0]}.` : 'It adds up:'),
      meanings.length > 1 && h('ul', null, meanings.map((meaning) => h('li', null, meaning))),
    ],
    h('p', { class: 'quiet' }, predictorWords(neuron, polynomial)),
  );
}

/** Who predicts. */
export function predictorWords(neuron, polynomial) {
  const size = known(neuron.parameters) ? ` (${counted(neuron.parameters, 'coefficient')})` : '';
  if (neuron.predictor === 'polynomial') return `The formula of this neuron predicts${size}.`;
  if (neuron.predictor === 'networks') {
    return `Networks whose units work this way predict${size}${polynomial ? '; the formula below is their first approximation' : ''}.`;
  }
  return '';
}

/** The neuron's terms in words: those of the search where it found this neuron, else read from its text. */
export function neuronMeanings(neuron) {
  const terms = list(neuron.search?.terms);
  if (terms.length > 0 && neuron.search.found === neuron.text && terms.every((term) => term.meaning)) {
    return terms.map((term) => term.meaning);
  }
  const meanings = String(neuron.text).split(' + ').map(meaning);
  return meanings.every(Boolean) ? meanings : [];
}

function meaning(term) {
  const text = term.trim();
  if (text === 'x') return 'a weighted sum of the inputs';
  const power = /^x\^(\d+)$/.exec(text);
  if (power) return `a weighted sum of the inputs, each to the power of ${power[1]}`;
  const product = /^cp\((\d+)(?:, *r=(\d+))?\)$/.exec(text);
  if (product) {
    const each = `of ${product[1]} weighted sums of the inputs`;
    if (product[2] === '1') return `a product ${each}`;
    return `a sum of ${product[2] ?? 'some'} products, each ${each}`;
  }
  const applied = /^(\w+)\(x\)$/.exec(text);
  return applied ? `a weighted sum of ${applied[1]}(input), one an input` : null;
}

function mostImportant({ inputs, importance, polynomial }) {
  const ranked = list(inputs).slice(0, 3);
  if (ranked.length > 0) {
    const permuted = ranked.some((input) => known(input.importance?.mean));
    const strength = (input) => (permuted ? input.importance?.mean : input.shapley);
    const most = Math.max(...ranked.map((input) => strength(input) ?? 0));
    return tile(
      ranked.length === 1 ? 'The column it reads' : 'The most important columns',
      h(
        'ol',
        { class: 'ranked' },
        ranked.map((input) =>
          h(
            'li',
            null,
            h('a', { href: '#inputs' }, shorten(input.column, 60)),
            ' ',
            h('span', { class: 'quiet' }, permuted ? deviation(input.importance?.mean, input.importance?.deviation) : number(input.shapley, 3)),
            h('span', { class: 'meter', 'aria-hidden': 'true' }, h('span', { style: `width:${most > 0 ? Math.max(0, (100 * (strength(input) ?? 0)) / most) : 0}%` }))
          )
        )
      ),
      h(
        'p',
        { class: 'quiet' },
        permuted
          ? `By how much the ${lossName(importance?.loss ?? 'loss')} rises when the column’s cells are shuffled.`
          : 'The mean size of what the column contributes to the formula.'
      )
    );
  }
  const monomials = list(list(polynomial?.outputs)[0]?.monomials).slice(0, 3);
  if (monomials.length === 0) return null;
  return tile(
    'The strongest parts of the formula',
    h('ol', { class: 'ranked' }, monomials.map((monomial) => h('li', null, h('span', { class: 'code' }, shorten(monomial.text, 80)), known(monomial.share) && h('span', { class: 'quiet' }, ` ${percent(monomial.share)}`)))),
    h('p', { class: 'quiet' }, `Of the formula of ${named(polynomial.outputs[0].name)}.`)
  );
}
