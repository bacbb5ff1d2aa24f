// Building of elements. Every text goes in as a text node, so words of the user's table can never
// become markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Properties that begin with "on" are listeners, null and false ones are left out;
 * children may be nested lists, null ones are left out.
 */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an SVG element. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** Appends children as `h` does. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** A list that is empty where there is none. */
export function list(value) {
  return Array.isArray(value) ? value : [];
}

/** A name for people: a name of blanks alone would leave a hole in the sentence. */
export function named(text) {
  const name = String(text ?? '');
  return name.trim() === '' ? '(no name)' : name;
}

/** At most so many characters, the last of them an ellipsis where something was cut off. */
export function shorten(text, most = 60) {
  const letters = Array.from(named(text));
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('');
}

/** "a, b and c"; more than `most` are counted. */
export function enumerate(words, most = Infinity) {
  if (words.length > most) {
    return `${words.slice(0, most).join(', ')} and ${words.length - most} more`;
  }
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

/** "1 row", "2 rows". */
export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** Upper-cases the first letter. */
export function sentence(text) {
  const words = String(text ?? '').trim();
  return words === '' ? '' : words[0].toUpperCase() + words.slice(1);
}

const labels = new Map();

/** A label that no other region has: the second gets a number. */
export function unique(label) {
  const used = (labels.get(label) ?? 0) + 1;
  labels.set(label, used);
  return used === 1 ? label : `${label} (${used})`;
}

/**
 * A table with a caption in a region of its own that scrolls sideways and can be reached by keyboard.
 * Columns are `{title, number, cell(row), wide}`; the first is the row's header.
 */
export function table({ caption, columns, rows, hidden = false, className = '', note = null }) {
  const head = columns.map((column) =>
    h('th', { scope: 'col', class: column.number ? 'number' : null }, column.title)
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { class: row.mark ? 'marked' : null },
      columns.map((column, place) => {
        const content = column.cell(row);
        const kind = [column.number && 'number', column.wide && 'wide'].filter(Boolean).join(' ') || null;
        const cell = content === null || content === undefined || content === '' ? '–' : content;
        return place === 0
          ? h('th', { scope: 'row', class: kind }, cell)
          : h('td', { class: kind }, cell);
      })
    )
  );
  return h(
    'div',
    { class: `table ${className}`.trim(), tabindex: 0, role: 'region', 'aria-label': unique(`Table: ${caption}`) },
    h(
      'table',
      null,
      h('caption', { class: hidden ? 'unseen' : null }, caption, note && h('span', { class: 'quiet' }, ` ${note}`)),
      h('thead', null, h('tr', null, head)),
      h('tbody', null, body)
    )
  );
}

/** What opens on demand; `build` makes its content when it is opened first. */
export function disclosure(title, build, { open = false, className = '' } = {}) {
  const element = h('details', { class: className || null, open }, h('summary', null, title));
  let built = false;
  const show = () => {
    if (built || !element.open) return;
    built = true;
    append(element, [build()]);
  };
  element.addEventListener('toggle', show);
  show();
  return element;
}

let announcer = null;

/** Tells a reader of the screen. */
export function announce(text) {
  if (!announcer) {
    announcer = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
    document.body.append(announcer);
  }
  announcer.textContent = '';
  // The same words twice are announced twice only if the element was empty between.
  setTimeout(() => (announcer.textContent = text), 30);
}
