// Builds report.html, the page with its style and script within, and LICENSE-echarts.txt into the library.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const read = (...parts) => readFile(path.join(here, ...parts), 'utf8');
const library = (name, file) => read('node_modules', name, file);

const page = await read('src', 'report.html');
for (const place of ['__NEURONSEEK_EXPLANATION__', '__NEURONSEEK_TITLE__', '/* STYLE */', '/* SCRIPT */']) {
  if (page.split(place).length !== 2) throw new Error(`src/report.html needs ${place} once`);
}

const common = { bundle: true, minify: true, write: false, absWorkingDir: here, charset: 'utf8', legalComments: 'none', logLevel: 'warning' };
const script = await build({ ...common, entryPoints: ['src/main.js'], format: 'iife', target: 'es2020', define: { 'process.env.NODE_ENV': '"production"' }, metafile: true });
const style = await build({ ...common, entryPoints: ['src/report.css'], target: ['chrome100', 'firefox100', 'safari15'] });

// Every library within needs its licence beside it.
const licences = {
  echarts: ['Apache License 2.0', 'Apache ECharts, its NOTICE, and the licence of D3, parts of which it holds', async () =>
    [await library('echarts', 'LICENSE'), await library('echarts', 'NOTICE'), await library('echarts', 'licenses/LICENSE-d3')].join(`\n\n${'-'.repeat(80)}\n\n`)],
  zrender: ['BSD 3-Clause', 'ZRender, which draws for ECharts', () => library('zrender', 'LICENSE')],
  tslib: ['0BSD', 'tslib, helpers of ECharts and ZRender', () => library('tslib', 'LICENSE.txt')],
};
const within = [...new Set(Object.keys(script.metafile.inputs).map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean))].sort();
const unknown = within.filter((name) => !(name in licences));
if (unknown.length > 0) throw new Error(`no licence is known of ${unknown.join(', ')}`);

const versions = await Promise.all(within.map(async (name) => JSON.parse(await library(name, 'package.json')).version));
const texts = await Promise.all(within.map((name) => licences[name][2]()));
const rule = '='.repeat(80);
const licence = within.map((name, place) => `${rule}\n${licences[name][1]}\n${name} ${versions[place]}, ${licences[name][0]}\n${rule}\n\n${texts[place].trim()}\n`).join('\n');

const zrender = within.indexOf('zrender');
const names = within.map((name, place) => `  ${name} ${versions[place]}, ${licences[name][0]}`).join('\n');
const banner = `/*!
NeuronSeek model report, MIT or Apache-2.0. Within it:
${names}
Apache ECharts, copyright 2017-2026 The Apache Software Foundation, is licensed under the Apache License,
Version 2.0: https://www.apache.org/licenses/LICENSE-2.0. It holds parts of D3, copyright Mike Bostock, and
ZRender, both under the BSD 3-Clause licence:

${texts[zrender].trim().replaceAll('*/', '* /')}
*/
`;

// Within an HTML script these two would end it or start a comment.
const safe = (text) => text.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
const output = page
  .replace('/* STYLE */', () => style.outputFiles[0].text.trim())
  .replace('/* SCRIPT */', () => safe(banner + script.outputFiles[0].text.trim()));
for (const place of ['__NEURONSEEK_EXPLANATION__', '__NEURONSEEK_TITLE__']) {
  if (output.split(place).length !== 2) throw new Error(`the page holds ${place} more than once`);
}

const into = path.join(here, '..', '..', 'crates', 'neuronseek', 'src', 'explain', 'page');
await mkdir(into, { recursive: true });
await writeFile(path.join(into, 'report.html'), output);
await writeFile(path.join(into, 'LICENSE-echarts.txt'), licence);
console.log(`report.html ${Math.round(Buffer.byteLength(output) / 1000)} kB, with ${within.map((name, place) => `${name} ${versions[place]}`).join(', ')}`);
