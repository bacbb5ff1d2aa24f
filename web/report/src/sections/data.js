import { counted, h, list, named, sentence, table } from '../dom.js';
import { count, known, percent } from '../numbers.js';
import { section } from './section.js';

export function data({ data: part }) {
  if (!part) return null;
  const columns = list(part.columns);
  const used = columns.filter((column) => column.role !== 'unused');
  const unused = columns.filter((column) => column.role === 'unused');
  const bar = split(part.rows);
  if (columns.length === 0 && !bar) return null;
  const fitted = part.fitted && `The model fits ${part.fitted}${part.fitted_reason ? `: ${part.fitted_reason}` : ''}. Predictions are turned back into the target’s own units.`;
  return section(
    'data',
    'The data as they were understood',
    [
      'What each column of the table was taken for, and which rows the fit used for what. If something is wrong here, everything after it is too.',
      part.task_reason && `${sentence(part.task_reason)}.`,
      fitted,
    ],
    bar,
    used.length > 0 &&
      table({
        caption: 'Columns that are used',
        columns: [
          { title: 'Column', cell: (column) => named(column.name), wide: true },
          { title: 'Role', cell: (column) => column.role },
          { title: 'Kind', cell: (column) => column.kind },
          { title: 'Missing cells', number: true, cell: (column) => count(column.missing) },
          { title: 'Inputs', number: true, cell: (column) => (column.role === 'input' ? count(column.inputs) : '') },
          { title: 'What was done', cell: (column) => sentence(column.done), wide: true },
        ],
        rows: used,
      }),
    unused.length > 0 &&
      table({
        caption: 'Columns that are left out',
        columns: [
          { title: 'Column', cell: (column) => named(column.name), wide: true },
          { title: 'Kind', cell: (column) => column.kind },
          { title: 'Why', cell: (column) => sentence(column.done), wide: true },
        ],
        rows: unused,
      })
  );
}

function split(rows) {
  if (!rows) return null;
  const parts = [
    ['Training', rows.training, rows.folds > 1 ? `in ${rows.folds} folds; each row was held out once` : 'the coefficients are fitted to these', 'training'],
    ['Validation', rows.validation, 'choose between candidates', 'validation'],
    ['Test', rows.test, 'kept apart; only measured on', 'test'],
    ['Without a target', rows.without_target, 'left out', 'none'],
  ].filter(([, size]) => known(size) && size > 0);
  const total = parts.reduce((sum, [, size]) => sum + size, 0);
  if (total === 0) return null;
  return h(
    'div',
    { class: 'split card' },
    h('h3', null, `How the ${counted(known(rows.total) ? rows.total : total, 'row')} were split`),
    h('div', { class: 'stack', 'aria-hidden': 'true' }, parts.map(([, size, , kind]) => h('span', { class: kind, style: `flex-grow:${size}` }))),
    h(
      'ul',
      { class: 'legend' },
      parts.map(([name, size, what, kind]) =>
        h('li', null, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), h('span', null, h('b', null, `${name}: ${count(size)}`), ` (${percent(size / total)}), ${what}`))
      )
    )
  );
}
