import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHome } from './home-lock.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'tideline-lock-'))));
afterEach(() => rmSync(home, { recursive: true }));

it('[K10] lets one agent into a home, and the next one after it ended', () => {
  const lock = lockHome(home);
  expect(() => lockHome(home)).toThrow(expect.objectContaining({ code: 'AGENT_ALREADY_RUNNING' }));
  lock.release();
  lockHome(home).release();
});

it('says of a lock file that is none where it stands', () => {
  writeFileSync(join(home, 'agent.lock'), 'garbage that is longer than the head of a database file '.repeat(4));
  expect(() => lockHome(home)).toThrow(/agent\.lock cannot be locked/);
});
