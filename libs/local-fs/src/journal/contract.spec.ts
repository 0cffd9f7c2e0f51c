import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { journalContract } from '@tideline/sync-core/testing';
import { openJournal } from './open-journal.ts';

journalContract('SQLite journal', () => temporaryJournal());
journalContract('SQLite journal that leaves its overlays to the tables', () => temporaryJournal(0));

function temporaryJournal(maxHeld?: number) {
  const options = maxHeld === undefined ? {} : { maxHeld };
  const folder = mkdtempSync(join(tmpdir(), 'tideline-journal-'));
  const path = join(folder, 'task.db');
  let journal = openJournal(path, options);
  return {
    journal,
    reopen: () => {
      journal.close();
      journal = openJournal(path, options);
      return journal;
    },
    close: () => {
      journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
