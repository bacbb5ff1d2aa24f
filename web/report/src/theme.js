// Colours of the charts. The series colours are those of Okabe and Ito, which people with any kind of
// colour vision can tell apart, made lighter for the dark page.

const LIGHT = {
  dark: false,
  text: '#26282b',
  quiet: '#5b6066',
  line: '#c9ccd1',
  grid: '#e9ebee',
  surface: '#ffffff',
  model: '#0072b2',
  linear: '#b26b00',
  neutral: '#8a9098',
  faint: '#8a9098',
  polynomial: '#c24e00',
  bar: '#0072b2',
  soft: '#cfe3f1',
  up: '#0072b2',
  down: '#c24e00',
  series: ['#0072b2', '#d55e00', '#009e73', '#b8568f', '#b27c00', '#3a9bd1', '#4d4d4d', '#7a6a00'],
};

const DARK = {
  dark: true,
  text: '#e4e6e9',
  quiet: '#a9afb7',
  line: '#4a5058',
  grid: '#30353b',
  surface: '#1d2126',
  model: '#56b4e9',
  linear: '#e69f00',
  neutral: '#8d959f',
  faint: '#9aa2ac',
  polynomial: '#ff8f4d',
  bar: '#56b4e9',
  soft: '#2b4a60',
  up: '#56b4e9',
  down: '#ff8f4d',
  series: ['#56b4e9', '#ff8f4d', '#2fc99a', '#e39bc4', '#e6b422', '#8fd0f5', '#d0d3d8', '#f0e442'],
};

const listeners = new Set();
let chosen = null;
let forced = null;
const system = window.matchMedia('(prefers-color-scheme: dark)');

/** The name of the theme that is shown: "light" or "dark". */
export function themeName() {
  return forced ?? chosen ?? (system.matches ? 'dark' : 'light');
}

/** The colours of the theme that is shown. */
export function theme() {
  return themeName() === 'dark' ? DARK : LIGHT;
}

function show() {
  document.documentElement.dataset.theme = themeName();
  for (const listener of listeners) listener();
}

/** Calls back when the colours change. */
export function onTheme(listener) {
  listeners.add(listener);
}

/** Changes to the other theme; it is remembered for as long as the page is open. */
export function switchTheme() {
  chosen = themeName() === 'dark' ? 'light' : 'dark';
  show();
}

/** Paper is light, whatever the screen shows. */
export function forceLight(force) {
  forced = force ? 'light' : null;
  show();
}

system.addEventListener('change', () => {
  if (chosen === null) show();
});

/** A colour and a dash for the series at a place; dashes differ where colours repeat. */
export function seriesStyle(place) {
  const colours = theme().series;
  return {
    color: colours[place % colours.length],
    type: ['solid', 'dashed', 'dotted'][Math.floor(place / colours.length) % 3],
  };
}

// Cividis by Nuñez, Anderton and Renslow: looks the same to people with and without colour blindness.
const CIVIDIS = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];

function mix(stops, share) {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const lower = Math.min(Math.floor(place), stops.length - 2);
  return stops[lower].map((channel, i) => Math.round(channel + (stops[lower + 1][i] - channel) * (place - lower)));
}

const css = (colour) => `rgb(${colour.join(',')})`;

/** Black or white, whichever is read more easily on a colour. */
function ink(colour) {
  const [red, green, blue] = colour.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}

/** A colour of the heat maps and the ink on it, for a share between 0 and 1. */
export function heat(share) {
  const colour = mix(CIVIDIS, share);
  return { fill: css(colour), ink: ink(colour) };
}

/** A colour from the page's own to blue, for counts. */
export function depth(share) {
  const stops = theme().dark
    ? [[36, 41, 47], [40, 84, 120], [86, 180, 233]]
    : [[243, 246, 249], [125, 180, 219], [0, 90, 150]];
  const colour = mix(stops, share);
  return { fill: css(colour), ink: ink(colour) };
}

/** The heat maps' colours as a CSS gradient. */
export function heatGradient() {
  return `linear-gradient(to right, ${CIVIDIS.map(css).join(', ')})`;
}
