// Opens pages in Chromium, in light and dark, wide and narrow, and says what is wrong with them.
//
//   node check.mjs PAGE.html [PAGE.html ...] FOLDER
//
// Pictures of the pages and a PDF of each go to FOLDER. Chromium is $CHROMIUM or the first of its usual
// names on PATH. Exits with 1 where a page fails.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import puppeteer from 'puppeteer-core';

const WIDTHS = [1280, 400];
const THEMES = ['light', 'dark'];
const MOST_BYTES = 3_000_000;
const MOST_MILLISECONDS = 1000;
const PIECE = 1600;

const pages = process.argv.slice(2, -1);
const folder = process.argv.at(-1);
if (pages.length === 0) {
  console.error('usage: node check.mjs PAGE.html [PAGE.html ...] FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const places = (process.env.PATH ?? '').split(path.delimiter).flatMap((place) => names.map((name) => path.join(place, name)));
  const found = places.find(existsSync);
  if (!found) throw new Error('no Chromium: set CHROMIUM to its path');
  return found;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await puppeteer.launch({ executablePath: chromium(), headless: true, args: ['--no-sandbox', '--force-color-profile=srgb'] });
let failures = 0;

/** Scrolls down so that every chart is drawn, then back. */
async function drawAll(page) {
  await page.evaluate(async () => {
    const pause = () => new Promise((done) => setTimeout(done, 60));
    for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
      window.scrollTo(0, y);
      await pause();
    }
    window.scrollTo(0, 0);
    await pause();
  });
}

/** Pictures of pieces of the page: whole long pages are too tall to look at. */
async function pictures(page, name, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0, piece = 1; y < height; y += PIECE, piece += 1) {
    await page.screenshot({
      path: path.join(folder, `${name}-${String(piece).padStart(2, '0')}.png`),
      clip: { x: 0, y, width, height: Math.min(PIECE, height - y) },
      captureBeyondViewport: true,
    });
  }
}

async function check(file, theme, width) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setBypassCSP(true);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  const address = pathToFileURL(path.resolve(file)).href;
  const requests = [];
  const problems = [];
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(address, { waitUntil: 'load' });
  const paint = await page.evaluate(
    () =>
      new Promise((done) => {
        new PerformanceObserver((entries) => {
          const first = entries.getEntriesByName('first-contentful-paint')[0];
          if (first) done(first.startTime);
        }).observe({ type: 'paint', buffered: true });
        setTimeout(() => done(Infinity), 5000);
      })
  );
  await drawAll(page);
  const name = `${path.basename(file, '.html')}-${theme}-${width}`;
  await pictures(page, name, width);
  // What is closed at first is part of the page too.
  await page.evaluate(() => {
    for (let round = 0; round < 2; round += 1) document.querySelectorAll('details:not([open])').forEach((element) => (element.open = true));
  });
  await drawAll(page);
  const layout = await page.evaluate(() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    undrawn: [...document.querySelectorAll('.canvas')].filter((canvas) => canvas.clientWidth > 0 && !canvas.querySelector('svg')).length,
    charts: document.querySelectorAll('.canvas svg').length,
  }));
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].target.join(' ')} ${nodes[0].any[0]?.message ?? ''}`)
    )
  );
  if (layout.overflow > 0) problems.push(`${layout.overflow} px wider than the window`);
  if (layout.undrawn > 0) problems.push(`${layout.undrawn} charts are not drawn`);
  const bytes = statSync(file).size;
  const bad = bytes > MOST_BYTES || paint > MOST_MILLISECONDS || requests.length + problems.length + found.length > 0;
  if (bad) failures += 1;
  console.log(
    `${bad ? 'FAIL' : 'ok  '} ${name}: ${bytes} bytes, ${layout.charts} charts, ${requests.length} requests, ${problems.length} errors, first paint ${Math.round(paint)} ms, ${found.length} violations`
  );
  for (const line of [...requests, ...problems, ...found]) console.log(`       ${line}`);
  await context.close();
}

/** The wheel scrolls the page even over a chart that zooms, and with Ctrl held it zooms the chart. */
async function wheel(page) {
  const pause = (time) => new Promise((go) => setTimeout(go, time));
  const chart = await page.$('.chart:has(.zoom) .canvas');
  if (!chart) return [];
  await chart.evaluate((canvas) => canvas.scrollIntoView({ block: 'center' }));
  await pause(300);
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 3);
  const before = await page.evaluate(() => window.scrollY);
  await page.mouse.wheel({ deltaY: 40 });
  await pause(500);
  const said = [];
  if ((await page.evaluate(() => window.scrollY)) === before) said.push('a chart keeps the wheel from scrolling the page');
  await page.keyboard.down('Control');
  await page.mouse.wheel({ deltaY: -200 });
  await page.keyboard.up('Control');
  await pause(300);
  if (await chart.evaluate((canvas) => canvas.closest('.chart').querySelector('.moves').hidden)) said.push('Ctrl and the wheel do not zoom');
  await page.evaluate(() => window.scrollTo(0, 0));
  return said;
}

/** The strict policy holds, the theme switches, a chart zooms, text is copied, and paper is complete. */
async function use(file) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await page.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load' });
  const done = await page.evaluate(async () => {
    const said = [];
    const pause = (time) => new Promise((go) => setTimeout(go, time));
    const button = document.querySelector('button.theme');
    if (button) {
      button.click();
      if (document.documentElement.dataset.theme !== 'light') said.push('the theme does not switch');
      button.click();
    }
    const zoom = document.querySelector('.zoom button[aria-label^="Zoom in"]');
    if (zoom) {
      zoom.scrollIntoView();
      await pause(200);
      zoom.click();
      await pause(300);
      const moves = zoom.parentElement.querySelector('.moves');
      if (moves.hidden) said.push('zooming shows no button to reset it');
      moves.lastElementChild.click();
      await pause(300);
      if (!moves.hidden) said.push('the zoom is not reset');
    }
    const copy = document.querySelector('.copyable button');
    if (copy) {
      copy.click();
      await pause(300);
      if (!document.querySelector('[aria-live]')?.textContent) said.push('copying is not announced');
    }
    window.scrollTo(0, 0);
    return said;
  });
  problems.push(...done);
  problems.push(...(await wheel(page)));
  const name = path.basename(file, '.html');
  writeFileSync(path.join(folder, `${name}.pdf`), await page.pdf({ format: 'A4', preferCSSPageSize: false, printBackground: true }));
  const after = await page.evaluate(() => ({ theme: document.documentElement.dataset.theme, printing: document.documentElement.classList.contains('printing') }));
  if (after.theme !== 'dark' || after.printing) problems.push('printing leaves the page changed');
  const undrawn = await page.evaluate(() => [...document.querySelectorAll('.canvas')].filter((canvas) => canvas.clientWidth > 0 && !canvas.querySelector('svg')).length);
  if (undrawn > 0) problems.push(`${undrawn} charts are missing on paper`);

  await page.setJavaScriptEnabled(false);
  await page.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load' });
  const words = await page.evaluate(() => document.body.innerText).catch(() => null);
  if (words !== null && !/scripts/.test(words)) problems.push('nothing is said where scripts are off');
  if (problems.length > 0) failures += 1;
  console.log(`${problems.length > 0 ? 'FAIL' : 'ok  '} ${name}: switching, zooming, copying, printing`);
  for (const line of problems) console.log(`       ${line}`);
  await context.close();
}

for (const file of pages) {
  for (const theme of THEMES) {
    for (const width of WIDTHS) await check(file, theme, width);
  }
  await use(file);
}
await browser.close();
process.exit(failures > 0 ? 1 : 0);
