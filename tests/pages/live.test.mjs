// The real binary against a world whose faults are switched.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isAccessible, isQuiet, page, site } from './stage.mjs';

const HOST = 'officecdn.microsoft.com';
const { url, say } = await site();

const sentence = (opened, text) => opened.locator('#sentence').filter({ hasText: text }).waitFor();

test('a change shows without a reload, and so does its end', async () => {
  const opened = await page();
  await opened.goto(url);
  await sentence(opened, /^All /);
  // Goes with the document.
  await opened.evaluate(() => { globalThis.same = true; });

  say(`fault ${HOST} refuse`);
  await sentence(opened, /blocked/);
  await opened.getByText('Open incidents').waitFor();
  await isAccessible(opened, 'blocked');
  say(`clear ${HOST}`);
  await sentence(opened, /^All /);
  assert.equal(await opened.evaluate(() => globalThis.same), true, 'the page was loaded again');
  isQuiet(opened, url);
});

test('the keyboard alone leads to an endpoint and probes it', async () => {
  const opened = await page();
  await opened.goto(url);
  await opened.keyboard.press('Tab');
  assert.match(await opened.locator(':focus').innerText(), /skip/i);
  await opened.keyboard.press('Enter');
  const link = opened.locator('main a[href^="/endpoints/"]').first();
  await link.waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    await opened.keyboard.press('Tab');
    if (await opened.evaluate(() => document.activeElement?.getAttribute('href')?.startsWith('/endpoints/') ?? false)) break;
  }
  await opened.keyboard.press('Enter');
  await opened.waitForURL('**/endpoints/**', { waitUntil: 'load' });
  await isAccessible(opened, 'an endpoint');

  const probe = opened.getByRole('button', { name: /probe now/i }).first();
  await probe.focus();
  await opened.keyboard.press('Enter');
  await opened.getByText(/resolved|connected|TLS|answered/i).first().waitFor();
  await opened.locator('main').getByText('reachable').last().waitFor();
  isQuiet(opened, url);
});
