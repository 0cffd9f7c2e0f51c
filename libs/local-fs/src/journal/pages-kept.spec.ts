import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it, vi } from 'vitest';
import { MAX_TASKS } from '@tideline/contracts';
import { openKnownTree } from '../scan/known-tree.ts';
import { openJournal } from './open-journal.ts';

const home = mkdtempSync(join(tmpdir(), 'tideline-pages-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

it('[D14, LI-1] keeps no more than 64 MiB of pages for all tasks of a device, because that memory never goes back', () => {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  const path = join(home, 'journal.db');
  const opened = [openJournal(path), openKnownTree(path)];
  for (const { close } of opened) close();
  const kibs = exec.mock.calls.flatMap(([sql]) =>
    [...sql.matchAll(/cache_size = -(\d+)/g)].map((found) => Number(found[1])),
  );
  expect(kibs).toHaveLength(2);
  expect(MAX_TASKS * kibs.reduce((sum, kib) => sum + kib, 0)).toBeLessThanOrEqual(64 * 1024);
});
