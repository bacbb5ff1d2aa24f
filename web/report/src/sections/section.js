import { h } from '../dom.js';

/** A section of the page; `intro` are paragraphs of words or nodes. */
export function section(id, title, intro, ...children) {
  return {
    id,
    title,
    element: h(
      'section',
      { id, 'aria-labelledby': `${id}-title` },
      h('h2', { id: `${id}-title`, tabindex: -1 }, title),
      intro.filter(Boolean).map((paragraph) => h('p', { class: 'intro' }, paragraph)),
      children
    ),
  };
}

/** Charts and tables side by side where there is room. */
export function side(...children) {
  return h('div', { class: 'side' }, children);
}

/** Words that must be seen. */
export function notice(kind, ...children) {
  return h('div', { class: `notice ${kind}`, role: 'note' }, children);
}
