import { mkdtempSync, rmSync } from 'node:fs';
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
