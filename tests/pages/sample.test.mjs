// Every page with hand-made findings, hostile strings among them: small and large, dark and light, and on paper.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fits, isAccessible, isQuiet, page, sample } from './stage.mjs';

const { url } = await sample();

/** An incident that the list of them leads to, whose evidence is a page with a script in it. */
async function blocked(opened) {
  await opened.goto(`${url}/incidents?cause=block_page`);
  const link = await opened.locator('a[href^="/incidents/"]').first().getAttribute('href');
  assert.match(link, /^\/incidents\/\d+$/);
  return link;
}

/** The pages that the navigation and the overview lead to, one of each kind. */
async function addresses() {
  const opened = await page();
  await opened.goto(url);
  const links = await opened.locator('a[href^="/"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  const pages = links.filter((link) => !/^\/(metrics|api|assets|report\.md)/.test(link));
  const kinds = new Map(pages.map((link) => [link.replace(/^(\/[a-z]+\/).*/, '$1'), link]));
  for (const needed of ['/endpoints/', '/runbook/', '/incidents', '/report']) {
    assert.ok(kinds.has(needed), `the overview does not lead to ${needed}`);
  }
  const more = ['/endpoints/ols', '/endpoints/root-crl', '/runbook/network-is-fine', '/pac'];
  return { all: [...new Set(['/', ...kinds.values(), ...more, await blocked(opened)])], hostile: ['/incidents', '/endpoints/ols', await blocked(opened)] };
}

const { all, hostile } = await addresses();

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 1920]) {
    test(`${colorScheme}, ${width} px`, async () => {
      const opened = await page({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
      for (const address of all) {
        await opened.goto(url + address);
        await isAccessible(opened, address);
        await fits(opened, address);
      }
      isQuiet(opened, url);
    });
  }
}

test('on paper', async () => {
  const opened = await page();
  for (const address of all) {
    await opened.goto(url + address);
    await opened.emulateMedia({ media: 'print' });
    assert.equal(await opened.locator('header.bar nav:visible').count(), 0, `${address} prints its navigation`);
    assert.ok((await opened.pdf()).length > 1000);
    await opened.emulateMedia({ media: null });
  }
});

test('without JavaScript everything is there', async () => {
  const opened = await page({ javaScriptEnabled: false });
  for (const address of all) {
    const answer = await opened.goto(url + address);
    assert.equal(answer.status(), 200, address);
    assert.ok((await opened.locator('h1').innerText()).length > 0, address);
  }
  isQuiet(opened, url);
});

test('strings of the network stay text', async () => {
  const opened = await page();
  for (const address of all) {
    await opened.goto(url + address);
    const count = await opened.getByText('<script>').count();
    assert.ok(count > 0 || !hostile.includes(address), `${address} has no hostile string any more`);
    const scripts = await opened.locator('script').evaluateAll((own) => own.map((script) => script.getAttribute('src')));
    assert.ok(scripts.every((script) => script?.startsWith('/assets/')), `${address}: ${scripts}`);
  }
  isQuiet(opened, url);
});

test('the page of an endpoint tells what was', async () => {
  const opened = await page();
  await opened.goto(`${url}/endpoints/ols`);
  assert.ok((await opened.locator('section.latency svg').count()) > 0, 'no latencies');
  assert.ok((await opened.getByText('The first failure').count()) > 0, 'no past failures');
});
