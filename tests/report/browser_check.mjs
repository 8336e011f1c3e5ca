// Opens reports in a headless Chromium and checks what only a browser can: no error, no overlapping or illegible label,
// nothing wider than the page, highlight, sorting, scales and light or dark as a reader drives them, everything there
// without scripts, and no serious finding of axe (accessibility) and html-validate (HTML).
//
//     npm install --prefix DIR puppeteer-core axe-core html-validate
//     NODE_PATH=DIR/node_modules node browser_check.mjs [--screenshots FOLDER] report.html...
//
// CHROMIUM names the browser, /usr/bin/chromium if it is not set. Prints what is wrong and exits with 1 if anything is.
// Not a part of the usual tests, which need neither browser nor npm.
import {createRequire} from 'node:module';
import {delimiter, join, basename, resolve} from 'node:path';
import {readFileSync} from 'node:fs';

const folders = (process.env.NODE_PATH || '').split(delimiter).filter(Boolean);
const require = createRequire(import.meta.url);
const find = name => require(require.resolve(name, {paths: folders.length ? folders : undefined}));
const puppeteer = find('puppeteer-core').default || find('puppeteer-core');
const axe = find('axe-core').source;
const {HtmlValidate} = find('html-validate');

const files = process.argv.slice(2);
let pictures = null;
if (files[0] === '--screenshots') [, pictures] = files.splice(0, 2);
let problems = 0;
const wrong = (file, what) => {
  ++problems;
  console.log(`${basename(file)}: ${what}`);
};
const expect = (file, holds, what) => { if (!holds) wrong(file, what); };

// Runs in the page. Texts within a plot that lie on each other, leave it, or are too small to read.
const look = () => {
  const found = [];
  for (const plot of document.querySelectorAll('.plot')) {
    const name = plot.querySelector('title').textContent, frame = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll('text')].map(text => ({text, box: text.getBoundingClientRect()}))
      .filter(({box}) => box.width > 0);
    const content = ({text}) => [...text.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('');
    const slanted = ({text}) => text.hasAttribute('transform');
    texts.forEach((one, i) => {
      const {box} = one;
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        found.push(`${name}: "${content(one)}" leaves the plot`);
      }
      const size = parseFloat(getComputedStyle(one.text).fontSize) * frame.width / plot.viewBox.baseVal.width;
      if (size < 9.95) found.push(`${name}: "${content(one)}" is ${size.toFixed(1)} px high`);
      for (const other of texts.slice(i + 1)) {
        if (slanted(one) && slanted(other)) continue;  // their boxes overlap where they do not
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > 1 && down > 3) found.push(`${name}: "${content(one)}" lies on "${content(other)}"`);
      }
    });
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide`);
  return found;
};

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless=new']
});

const open = async (file, {width = 1280, scheme = 'light', scripts = true} = {}) => {
  const page = await browser.newPage();
  page.on('console', message => wrong(file, `console ${message.type()}: ${message.text()}`));
  page.on('pageerror', error => wrong(file, `error: ${error.message}`));
  page.on('request', request => {
    if (!/^(file|data|about):/.test(request.url())) wrong(file, `asks for ${request.url()}`);
  });
  await page.setJavaScriptEnabled(scripts);
  await page.setViewport({width, height: 800});
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
  await page.goto('file://' + resolve(file));
  return page;
};

const picture = async (page, file, name) => {
  if (!pictures) return;
  await page.screenshot({path: join(pictures, `${basename(file, '.html')}-${name}.png`), fullPage: true});
};

// Every width and theme: what can be seen, and what axe says.
const check_looks = async file => {
  for (const width of [1280, 400]) {
    for (const scheme of ['light', 'dark']) {
      const page = await open(file, {width, scheme});
      for (const what of await page.evaluate(look)) wrong(file, `${width} px, ${scheme}: ${what}`);
      const results = await with_axe(page);
      for (const violation of results.violations) {
        const where = violation.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ');
        wrong(file, `${width} px, ${scheme}: axe ${violation.impact}: ${violation.help} (${where})`);
      }
      await picture(page, file, `${width}-${scheme}`);
      await page.close();
    }
  }
};
const with_axe = async page => {
  await page.evaluate(axe + '\n;0');
  return page.evaluate(() => axe.run(document, {resultTypes: ['violations']}));
};

// What a reader does with scripts on.
const check_script = async file => {
  const page = await open(file);
  const rows = await page.$$eval('tbody tr', all => all.length).catch(() => 0);
  if (rows > 0) {
    const column = name => page.$$eval('thead th', (all, wanted) => all.findIndex(th => th.textContent === wanted), name);
    const objective = 2;
    const values = () => page.$$eval('tbody tr', (all, i) => all.map(row => row.cells[i].textContent), objective);
    for (const direction of ['ascending', 'descending']) {
      await page.$$eval('thead button', (all, i) => all[i].click(), objective);
      const shown = await values(), numbers = shown.filter(Boolean).map(Number);
      const sorted = [...numbers].sort((a, b) => direction === 'ascending' ? a - b : b - a);
      expect(file, JSON.stringify(numbers) === JSON.stringify(sorted), `the table is not ${direction}`);
      expect(file, shown.slice(numbers.length).every(text => text === ''), 'empty cells are not last');
      const said = await page.$$eval('thead th', (all, i) => all[i].getAttribute('aria-sort'), objective);
      expect(file, said === direction, `aria-sort is ${said}`);
    }
    await page.$$eval('thead button', all => all[0].click());
    expect(file, await column('trial') === 0, 'there is no column of numbers');

    const trial = await page.$eval('tbody tr', row => row.dataset.trial);
    const marks = await page.$$eval(`.plot [data-trial="${trial}"]`, all => all.length);
    await page.type('.tools input', trial);
    const highlighted = await page.$$eval('.highlights > *', all => all.length);
    expect(file, highlighted === marks, `${highlighted} of ${marks} marks of trial ${trial} are highlighted`);
    expect(file, await page.$eval(`#trial-${trial}`, row => row.classList.contains('highlighted')), 'the row is not highlighted');
    const said = await page.$eval('.tools output', output => output.textContent);
    expect(file, said.startsWith(`trial ${trial}, state `), `the bar says ${said}`);
    await page.$$eval('.tools button', all => all[0].click());
    expect(file, (await page.$$('.highlights')).length === 0, 'the highlight does not go');
    await page.focus(`#trial-${trial} a`);
    await page.keyboard.press('Enter');
    await page.waitForFunction(n => document.querySelector('.tools input').value === n, {timeout: 2000}, trial)
      .catch(() => wrong(file, 'Enter on a row does not highlight it'));
    const dot = await page.$('.plot circle[data-trial]');
    if (dot) {
      await page.$$eval('.tools button', all => all[0].click());
      const wanted = await dot.evaluate(mark => mark.dataset.trial);
      await dot.evaluate(mark => mark.dispatchEvent(new MouseEvent('click', {bubbles: true})));
      const pinned = await page.$eval('.tools input', input => input.value);
      expect(file, pinned === wanted, `a click on trial ${wanted} pins ${pinned}`);
    }
  }

  const before = await page.$$eval('.plot', all => all.map(plot => plot.outerHTML));
  const switches = await page.$$('figcaption button');
  for (const button of switches) {
    const change = await button.evaluate(button => {
      const plot = button.closest('figure').querySelector('.plot'), name = button.textContent[0];
      const [scale, low, high, from, to] = plot.dataset[name].split(' ').map((part, i) => i ? +part : part);
      const other = scale === 'log' ? 'linear' : 'log', attribute = 'c' + name;
      const place = (on, value) => from + (to - from) * (on === 'log' ? Math.log(value / low) / Math.log(high / low)
        : (value - low) / (high - low));
      const value = at => {
        const share = (at - from) / (to - from);
        return scale === 'log' ? low * (high / low) ** share : low + share * (high - low);
      };
      const circles = [...plot.querySelectorAll('.points circle')].slice(0, 50);
      const was = circles.map(circle => +circle.getAttribute(attribute));
      button.click();
      let worst = 0;
      circles.forEach((circle, i) => {
        const inside = (was[i] - from) * (was[i] - to) <= 0;
        const wanted = inside ? place(other, value(was[i])) : was[i];
        worst = Math.max(worst, Math.abs(+circle.getAttribute(attribute) - wanted));
      });
      return {worst, text: button.textContent, wanted: `${name}: ${other}`,
        ticks: getComputedStyle(plot.querySelector(`.${name}-${other}`)).display};
    });
    expect(file, change.worst < 0.02, `a switched mark is ${change.worst} px off`);
    expect(file, change.text === change.wanted, `the button says ${change.text}`);
    expect(file, change.ticks !== 'none', 'the ticks of the other scale are not shown');
  }
  for (const what of await page.evaluate(look)) wrong(file, `switched: ${what}`);
  await picture(page, file, 'switched');
  for (const button of switches) await button.evaluate(button => button.click());
  const strip = text => text.replace(/<g class="highlights">.*?<\/g>/g, '');
  const places = text => strip(text).match(/-?\d+(\.\d+)?/g).map(Number);
  const after = await page.$$eval('.plot', all => all.map(plot => plot.outerHTML));
  before.forEach((text, i) => {
    if (/ d="[^"]*l/.test(text)) return;  // paths come back with absolute places
    const [a, b] = [places(text), places(after[i])];
    expect(file, a.length === b.length && a.every((x, k) => Math.abs(x - b[k]) < 0.011), `plot ${i} does not switch back`);
  });

  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  await page.$$eval('.tools button', all => all[1].click());
  expect(file, await colour() !== light, 'the page does not become dark');
  await page.$$eval('.tools button', all => all[1].click());
  expect(file, await colour() === light, 'the page does not become light again');
  await page.close();
  return {rows, switches: switches.length};
};

// Without scripts: nothing that does not work, and everything to read.
const check_without_script = async file => {
  const page = await open(file, {scripts: false});
  expect(file, (await page.$$('button, input')).length === 0, 'without scripts there are controls that do nothing');
  const hidden = await page.$$('main > section, figure, tbody tr');
  for (const element of hidden.slice(0, 200)) {
    const box = await element.boundingBox();
    if (!box || box.height === 0) wrong(file, 'without scripts something is not shown');
  }
  await picture(page, file, 'no-script');
  await page.close();
};

const validator = new HtmlValidate({extends: ['html-validate:recommended'], rules: {'long-title': 'off'}});
for (const file of files) {
  const report = await validator.validateString(readFileSync(file, 'utf8'));
  for (const result of report.results) {
    for (const message of result.messages.slice(0, 10)) {
      wrong(file, `html-validate ${message.ruleId}: ${message.message} (line ${message.line})`);
    }
  }
  await check_looks(file);
  const {rows, switches} = await check_script(file);
  await check_without_script(file);
  console.log(`${basename(file)}: ${rows} rows and ${switches} switches looked at`);
}
await browser.close();
process.exit(problems ? 1 : 0);
