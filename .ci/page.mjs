// Run by .ci/page: node page.mjs BINARY WORK [SHOTS]. Prints one line for each fault, and exits 1 if there was any.
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [binary, work, shots] = process.argv.slice(2);
const begun = Date.now();
const require = createRequire(join(work, 'npm', 'package.json'));
const { chromium } = require('playwright-core');
const { AxeBuilder } = require('@axe-core/playwright');
const { HtmlValidate } = require('html-validate');

let faults = 0, checks = 0;
const fault = (where, what) => { faults++; console.log(`${where}: ${what}`); };
const expect = (ok, where, what) => { checks++; if (!ok) fault(where, what); };
const until = async (seconds, what, ready) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (await ready()) return;
  throw new Error(`${what}: not within ${seconds} s`);
};

const children = [];
const start = (...args) => {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.text = '';
  child.stderr.on('data', (data) => { child.text += data; });
  children.push(child);
  return child;
};

const markup = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    'long-title': 'off', // a title names its filing
    'no-trailing-whitespace': 'off',
    'require-sri': ['error', { target: 'crossorigin' }],
    'no-inline-style': 'error',
    'svg-focusable': 'off', // for a browser that is no more
  },
});

let browser, base;

// open gives a page whose every complaint is a fault, and which may ask nobody but base.
const open = async (where, options = {}) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !(page.mayFail && /status of 400/.test(m.text()))) fault(where, `console: ${m.text()}`); });
  page.on('pageerror', (e) => fault(where, `script: ${e.message}`));
  page.on('dialog', (d) => { fault(where, `dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', (r) => { if (!r.url().startsWith(base) && r.url() !== 'about:blank') fault(where, `asks ${r.url()}`); });
  return page;
};

const shoot = async (page, name) => { if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: name.includes('filing') }); };

// look holds one page to everything that can be said of any. axe is a script itself, so without scripts it judges the
// page that the server sent with its own script kept away.
const look = async (path, { name, width, scheme, scripts, bad }) => {
  const where = `${path} ${width} px ${scheme} scripts ${scripts ? 'on' : 'off'}`;
  const options = { viewport: { width, height: 844 }, colorScheme: scheme, reducedMotion: 'reduce' };
  const page = await open(where, { ...options, javaScriptEnabled: scripts });
  page.mayFail = bad;
  const answer = await page.goto(base + path, { waitUntil: 'load' });
  expect(answer.status() === (bad ? 400 : 200), where, `status ${answer.status()}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, where, `${wide} px too wide`);
  if (name) await shoot(page, `${name}-${width}-${scheme}${scripts ? '' : '-noscript'}`);
  let judged = page;
  if (!scripts) {
    judged = await open(where, options);
    await judged.route('**/*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await judged.goto(base + path, { waitUntil: 'load' });
  }
  const { violations } = await new AxeBuilder({ page: judged }).setLegacyMode().analyze(); // the other mode is for frames
  checks++;
  for (const v of violations) for (const n of v.nodes) fault(where, `axe ${v.id}: ${n.target.join(' ')}: ${n.failureSummary.replaceAll('\n', ' ')}`);
  if (judged !== page) await judged.context().close();
  await page.context().close();
};

const validate = async (path) => {
  const html = await (await fetch(base + path, { headers: { Accept: 'text/html' } })).text();
  const report = await markup.validateString(html, path);
  checks++;
  for (const r of report.results) for (const m of r.messages) fault(path, `html-validate ${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
};

// live sees filings arrive on an open page, which keeps the focus and says how it is.
const live = async () => {
  const where = 'live';
  const page = await open(where, { viewport: { width: 1280, height: 844 } });
  await page.goto(`${base}/`);
  const rows = () => page.locator('#list tbody tr').count();
  await until(10, 'the stream opens', async () => (await page.locator('#pulse .word').textContent()) === 'Canlı');
  await until(15, 'first filings arrive', async () => await rows() > 0);
  const before = await rows();
  const link = page.locator('#list tbody a.subject').first();
  const href = await link.getAttribute('href');
  await link.focus();
  await until(15, 'more filings arrive', async () => await rows() > before);
  expect(await page.evaluate(() => document.activeElement.getAttribute('href')) === href, where, 'the focus is lost');
  expect(/yeni bildirim/.test(await page.locator('#pulse [role=status]').textContent()), where, 'news are not announced');
  expect(await page.locator('tr[data-new]').count() > 0, where, 'new rows are not marked');
  await shoot(page, 'live');
  await page.context().close();
};

// keyboard walks the page by Tab: the way past everything comes first, and every stop can be seen.
const keyboard = async () => {
  const where = 'keyboard';
  const page = await open(where, { viewport: { width: 1280, height: 844 } });
  await page.goto(`${base}/?limit=4`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement.className) === 'skip', where, 'the first stop does not skip to the filings');
  for (let i = 0; i < 20; i++) {
    const stop = await page.evaluate(() => {
      const e = document.activeElement, box = e.getBoundingClientRect();
      return { name: e.outerHTML.slice(0, 80), seen: getComputedStyle(e).outlineStyle !== 'none' && box.width > 0 && box.height > 0 };
    });
    expect(stop.seen, where, `cannot be seen: ${stop.name}`);
    await page.keyboard.press('Tab');
  }
  await page.goto(`${base}/?limit=4`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement.id) === 'content', where, 'the skip link does not lead to the filings');
  await page.goto(`${base}/?limit=4`);
  await page.locator('#q').fill('mutabakat');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=mutabakat/);
  expect(await page.locator('#list tbody tr').count() > 0, where, 'a search by keyboard finds nothing');
  await page.context().close();
};

// inert serves a ledger of hostile filings, those that every test shares, and sees that they are text: half of them stand
// in the list, half arrive there by the stream, and each has its page.
const inert = async () => {
  const where = 'hostile titles', folder = join(work, 'hostile'), config = join(folder, 'kapwatch.yaml');
  mkdirSync(folder);
  const hostile = JSON.parse(readFileSync(join(work, 'hostile.json'), 'utf8')).filter((evil) => evil.trim()); // a filing has a title
  const at = (i) => new Date(Date.UTC(2024, 3, 26, 7, 0, i)).toISOString();
  const half = hostile.length >> 1, limit = 200; // the most that a page shows
  const filings = hostile.map((evil, i) => JSON.stringify({
    index: 1000 + i, published_at: at(i), company: evil, tickers: [`X${i}`], related: [evil],
    class: evil, type: evil, subject: evil, summary: `mutabakat zaptı ${evil}`, languages: ['tr'], change: 'new',
  }));
  writeFileSync(join(folder, 'first.jsonl'), filings.slice(0, half).join('\n'));
  writeFileSync(join(folder, 'later.jsonl'), filings.slice(half).join('\n'));
  writeFileSync(config, `source: {base_url: "http://127.0.0.1:9", schedule: ["0 0 4 1 1 *"]}\nstore: {path: ${folder}/kapwatch.db}\nstatus: {listen: "127.0.0.1:0"}\nroutes: [{name: all, to: {terminal: true}}]\n`);
  execFileSync(binary, ['import', '--config', config, join(folder, 'first.jsonl')], { stdio: 'pipe' });
  const daemon = start('run', '--config', config, '--addr-file', join(folder, 'addr'));
  await until(10, 'the daemon starts', () => existsSync(join(folder, 'addr')) || daemon.exitCode !== null);
  const demo = base;
  base = `http://${readFileSync(join(folder, 'addr'), 'utf8').trim()}`;
  const page = await open(where, { viewport: { width: 390, height: 844 } });
  const unhurt = async (what, page) => {
    const found = await page.evaluate(() => ({
      here: location.origin, wide: document.documentElement.scrollWidth - innerWidth,
      made: [...document.querySelectorAll('script:not([src="/live.js"]), img, iframe, style, base, meta[http-equiv], form:not(.search), bdi *:not(mark, del, ins, del > .hidden, ins > .hidden)')].map((e) => e.outerHTML.slice(0, 60)),
      handlers: [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on') || /^javascript:/i.test(a.value) && a.name !== 'value')).length,
    }));
    expect(found.here === base && found.made.length === 0 && found.handlers === 0 && found.wide <= 0, where, `${what}: ${JSON.stringify(found)}`);
  };
  await page.goto(`${base}/?limit=${limit}`);
  expect(await page.locator('#list tbody tr').count() === half, where, 'not every filing is shown');
  await unhurt('the list', page);
  await until(10, 'the stream opens', async () => (await page.locator('#pulse .word').textContent()) === 'Canlı');
  execFileSync(binary, ['import', '--config', config, join(folder, 'later.jsonl')], { stdio: 'pipe' });
  await until(10, 'hostile filings arrive', async () => await page.locator('#list tbody tr').count() === Math.min(limit, hostile.length));
  await unhurt('the list after the stream', page);
  const visit = async (page, i) => {
    await page.goto(`${base}/filings/${1000 + i}`);
    await unhurt(`filing ${hostile[i].slice(0, 30)}`, page);
    if (i % 5 > 0) return; // the page is the same; only the field and the filter in force differ
    await page.goto(`${base}/?limit=2&q=${encodeURIComponent(`a ${[...hostile[i]].slice(0, 100).join('')}`)}`);
    await unhurt(`search ${hostile[i].slice(0, 30)}`, page);
  };
  let next = 0;
  await Promise.all([page, ...await Promise.all([1, 2, 3].map(() => open(where, { viewport: { width: 390, height: 844 } })))].map(async (page) => {
    while (next < hostile.length) await visit(page, next++);
    await page.context().close();
  }));
  await look('/', { width: 390, scheme: 'light', scripts: true });
  base = demo;
};

try {
  if (shots) mkdirSync(shots, { recursive: true });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const demo = start('demo', '--listen', '127.0.0.1:0');
  await until(10, 'the demo starts', () => (base = /page: (http:\/\/[^/\s]+)/.exec(demo.text)?.[1]));
  await live();
  await inert();
  await until(40, 'the demo ends', () => /the page stays at/.test(demo.text));
  const found = (await (await fetch(`${base}/filings?q=AKSEN&category=mou`)).json()).filings[0];
  const filing = `/filings/${found.index}?format=html`;
  const page = async (q) => `/filings/${(await (await fetch(`${base}/filings?q=${encodeURIComponent(q)}`)).json()).filings[0].index}?format=html`;
  const correction = await page('35 milyon sözleşme'), edited = await page('84,5 milyon');
  for (const path of [correction, edited]) {
    const html = await (await fetch(base + path)).text();
    expect(html.includes('<del>') && html.includes('<ins>'), path, 'shows no redline');
  }
  for (const path of [correction, edited, '/', '/?lang=en&class=ODA&limit=5&q=a', '/?limit=0', '/?q=yokbirsey', filing, `${filing}&lang=en`]) await validate(path);
  for (const width of [1280, 390]) {
    for (const scheme of ['light', 'dark']) {
      for (const scripts of [true, false]) await look('/?limit=4', { name: 'home', width, scheme, scripts });
      await look(filing, { name: 'filing', width, scheme, scripts: false }); // it has no script
    }
  }
  await look('/?lang=en&limit=4&category=dividend', { name: 'filtered', width: 1280, scheme: 'light', scripts: true });
  await look('/?lang=en&limit=4&qualifier=non_binding', { width: 390, scheme: 'dark', scripts: true });
  await look(correction, { name: 'filing-correction', width: 1280, scheme: 'light', scripts: false });
  await look(`${edited}&lang=en`, { name: 'filing-edited', width: 390, scheme: 'dark', scripts: false });
  await look(`${filing}&lang=en`, { width: 390, scheme: 'light', scripts: true });
  await look('/?limit=0', { name: 'bad', width: 390, scheme: 'dark', scripts: true, bad: true });
  await look('/?q=yokbirsey', { width: 1280, scheme: 'light', scripts: true });
  await keyboard();
} catch (e) {
  fault('page', e.stack.replace(/Browser logs:[^]*/, ''));
} finally {
  await browser?.close();
  for (const child of children) child.kill('SIGINT');
  await Promise.all(children.map((c) => c.exitCode !== null || new Promise((done) => c.once('exit', done))));
}
console.log(`${checks} checks, ${faults} faults, ${Math.round((Date.now() - begun) / 1000)} s`);
process.exitCode = faults ? 1 : 0;
