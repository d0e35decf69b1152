// What the tests stand on: a world of testnet, the real binary in front of it, and Debian's Chromium.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

const PATIENCE = 30_000;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The path of a program that the environment names. */
function program(variable) {
  const path = process.env[variable];
  assert.ok(path, `${variable} names no program; tests/run does`);
  return path;
}

/** A process that ends with the tests, and the first line of its output that something makes of. */
async function start(path, args, stream, find) {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  after(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  child[stream === 'stdout' ? 'stderr' : 'stdout'].resume();
  const lines = createInterface({ input: child[stream] });
  const found = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${path} is silent`)), PATIENCE);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code}`)));
    lines.on('line', (line) => {
      const value = find(line);
      if (value !== undefined) {
        clearTimeout(late);
        resolve(value);
      }
    });
  });
  return { child, found };
}

/** A world, and what watches it. */
export async function site() {
  const folder = await mkdtemp(join(tmpdir(), 'reachwatch-pages-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'endpoints.yaml');
  const world = await start(program('TESTNET_BIN'), ['--config', config, '--interval', '3s'], 'stdout', (line) =>
    line.includes(config) ? true : undefined,
  );
  const args = ['run', '--config', config, '--listen', '127.0.0.1:0', '--log-format', 'json'];
  const { found: url } = await start(program('REACHWATCH_BIN'), args, 'stderr', (line) => {
    const event = JSON.parse(line);
    return event.message === 'listening' ? `http://${event.address}` : undefined;
  });
  return { url, say: (command) => world.child.stdin.write(`${command}\n`) };
}

/** Hand-made findings, with hostile strings wherever the network could put some. */
export async function sample() {
  const { found } = await start(program('SAMPLE_BIN'), [], 'stdout', (line) =>
    line.startsWith('http://') ? line.replace(/\/$/, '') : undefined,
  );
  return { url: found };
}

let browser;

/** A page of its own in the browser; what it logs, and whom it asks besides the host, is on record. */
export async function page(options = {}) {
  browser ??= await chromium.launch({ executablePath: program('CHROMIUM_BIN'), args: ['--no-sandbox'] });
  const context = await browser.newContext(options);
  after(() => context.close());
  const opened = await context.newPage();
  opened.setDefaultTimeout(PATIENCE);
  const record = { said: [], asked: [] };
  opened.on('console', (message) => record.said.push(message.text()));
  opened.on('pageerror', (error) => record.said.push(String(error)));
  opened.on('dialog', (dialog) => {
    record.said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  opened.on('request', (request) => record.asked.push(new URL(request.url()).origin));
  return Object.assign(opened, { record });
}

after(() => browser?.close());

/** Nothing was logged, and nobody else was asked. */
export function isQuiet({ record }, url) {
  assert.deepEqual(record.said, []);
  assert.deepEqual([...new Set(record.asked)].filter((origin) => origin !== url && origin !== 'null'), []);
}

/** axe-core finds nothing to complain of. */
export async function isAccessible(opened, what) {
  // Evaluated by the debugger, which no content security policy of the page concerns.
  await opened.evaluate(axe);
  const { violations } = await opened.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html)}`);
  assert.deepEqual(told, [], what);
}

/** Nothing sticks out to the side. */
export async function fits(opened, what) {
  const [content, window] = await opened.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${what}: ${content} px in a window of ${window}`);
}
