// The page: reads the document that stands in it and draws its sections.
import { append, enumerate, h, list, sentence, shorten } from './dom.js';
import { onTheme, switchTheme, themeName } from './theme.js';
import { summary } from './sections/summary.js';
import { data } from './sections/data.js';
import { quality } from './sections/quality.js';
import { neuron } from './sections/neuron.js';
import { formula } from './sections/formula.js';
import { inputs } from './sections/inputs.js';
import { pairs } from './sections/pairs.js';
import { row } from './sections/row.js';

const SECTIONS = { summary, data, quality, neuron, formula, inputs, pairs, row };
const VERSION = 1;

function start() {
  const page = document.getElementById('page');
  let explanation;
  try {
    explanation = JSON.parse(document.getElementById('explanation').textContent);
  } catch {
    page.append(h('main', { id: 'main' }, h('h1', null, 'Model report'), h('p', null, 'The document in this page cannot be read.')));
    return;
  }
  const sections = Object.entries(SECTIONS).map(([name, build]) => attempt(name, build, explanation)).filter(Boolean);
  append(page, [header(explanation), h('div', { class: 'columns' }, navigation(sections), main(explanation, sections)), footer(explanation)]);
  follow(sections);
}

/** One section that fails must not take the others with it. */
function attempt(name, build, explanation) {
  try {
    return build(explanation);
  } catch (error) {
    console.error(error);
    return { id: name, title: sentence(name), element: h('section', { id: name }, h('h2', null, sentence(name)), h('p', null, 'This part could not be drawn.')) };
  }
}

function title({ data: part }) {
  const targets = list(part?.targets).map((target) => shorten(target, 120));
  return targets.length > 0 ? `How ${enumerate(targets, 3)} ${targets.length > 1 ? 'are' : 'is'} predicted` : 'How the model predicts';
}

function header(explanation) {
  const button = h('button', { type: 'button', class: 'theme', onclick: switchTheme });
  const name = () => {
    button.textContent = themeName() === 'dark' ? 'Light colours' : 'Dark colours';
  };
  name();
  onTheme(name);
  return h(
    'header',
    null,
    h('div', null,
      h('p', { class: 'kicker' }, 'Model report'),
      h('h1', null, title(explanation)),
      h('p', { class: 'quiet' }, 'Model ', h('b', null, shorten(explanation.model, 100)), explanation.source ? [', table ', h('b', null, shorten(explanation.source, 100))] : ''),
    ),
    button
  );
}

function navigation(sections) {
  return h(
    'nav',
    { 'aria-label': 'Sections' },
    h('ul', null, sections.map(({ id, title: name }) => h('li', null, h('a', { href: `#${id}` }, name))))
  );
}

function main(explanation, sections) {
  return h(
    'main',
    { id: 'main', tabindex: -1 },
    explanation.version !== VERSION && h('p', { class: 'notice warning' }, 'This document is of another version than the page; parts may be missing.'),
    sections.map(({ element }) => element)
  );
}

function footer(explanation) {
  return h(
    'footer',
    null,
    h('p', null, 'Made by ', h('b', null, explanation.program ?? 'neuronseek'), '. All the numbers of this page as JSON: ',
      h('code', null, `neuronseek explain ${explanation.model ?? 'MODEL'} ${explanation.source ?? 'DATA'} --json`)),
    h('p', { class: 'quiet' }, 'The page holds everything that it shows and loads nothing from elsewhere. Charts: Apache ECharts.')
  );
}

/** Marks the section that is being read. */
function follow(sections) {
  const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.getAttribute('href').slice(1), link]));
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? 'add' : 'delete'](target.id);
      const current = sections.find(({ id }) => visible.has(id))?.id;
      for (const [id, link] of links) {
        if (id === current) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    { rootMargin: '-15% 0px -70% 0px' }
  );
  for (const { element } of sections) observer.observe(element);
}

start();
