// Text in a block with a button that copies it.
import { announce, h, unique } from './dom.js';

/** A block of text; `what` names it for the button: "the formula as LaTeX". */
export function copyable(title, what, text) {
  const code = h('code', null, text);
  const button = h('button', { type: 'button', class: 'small', 'aria-label': `Copy ${what}`, onclick: () => copy(code, button, what) }, 'Copy');
  return h(
    'div',
    { class: 'copyable' },
    h('div', { class: 'copyable-head' }, h('span', null, title), button),
    h('pre', { tabindex: 0, role: 'region', 'aria-label': unique(`${title}: ${what}`) }, code)
  );
}

async function copy(code, button, what) {
  const copied = (await byClipboard(code.textContent)) || bySelection(code);
  announce(copied ? `Copied ${what}.` : `Copying is not allowed here. The text is selected: press Ctrl and C.`);
  button.textContent = copied ? 'Copied' : 'Press Ctrl+C';
  if (!copied) select(code);
  setTimeout(() => (button.textContent = 'Copy'), 2500);
}

async function byClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The older way, for browsers that keep the clipboard from files. */
function bySelection(code) {
  select(code);
  try {
    const copied = document.execCommand('copy');
    if (copied) window.getSelection().removeAllRanges();
    return copied;
  } catch {
    return false;
  }
}

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
