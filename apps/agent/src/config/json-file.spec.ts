import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { makeStateHome } from './state-home.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const Shape = z.object({ a: z.int() });
let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'json-file-'));
  path = join(folder, 'state.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('reads what it wrote, readable by its owner only', () => {
  writeJsonFile(path, { a: 1 });
  expect(readJsonFile(path, Shape)).toEqual({ t: 'read', value: { a: 1 } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['state.json']);
});

it('tells a missing file from a damaged one', () => {
  expect(readJsonFile(path, Shape)).toEqual({ t: 'missing' });
});

it.each(['', '{"a":', '{"a":"one"}', '\u0000\u0000'])('[K06] moves %j aside and keeps it', (text) => {
  writeFileSync(path, text);
  const read = readJsonFile(path, Shape);
  expect(read).toMatchObject({ t: 'damaged', asidePath: `${path}.damaged-1` });
  expect(readFileSync(`${path}.damaged-1`, 'utf8')).toBe(text);
  expect(readJsonFile(path, Shape)).toEqual({ t: 'missing' });
});

it('keeps an earlier damaged file, too', () => {
  for (const text of ['first', 'second']) {
    writeFileSync(path, text);
    readJsonFile(path, Shape);
  }
  expect(readFileSync(`${path}.damaged-1`, 'utf8')).toBe('first');
  expect(readFileSync(`${path}.damaged-2`, 'utf8')).toBe('second');
});

it('makes the home for its owner only, and mends one that is not', () => {
  const home = join(folder, 'deep', 'home');
  makeStateHome(home);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});
