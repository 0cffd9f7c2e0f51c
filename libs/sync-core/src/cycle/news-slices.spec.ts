import { describe, expect, it } from 'vitest';
import { ROOT_ID, type ThreeTrees } from '../model/tree.ts';
import type { Journal } from '../ports/journal.ts';
import { cloudOf, fileRow, folderRow, localOf } from '../testing/journal-contract.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { NewsSlices } from './news-slices.ts';

const ROOT_ROW = folderRow(ROOT_ID, { parent: ROOT_ID, localName: '', cloudName: '', cloudId: 'root' });

function journalWith(...rows: ReturnType<typeof folderRow>[]): MemoryJournal {
  const journal = new MemoryJournal();
  journal.advance({ rows: [ROOT_ROW, ...rows] });
  return journal;
}

/** A file that is new on both sides. */
function addNew(journal: Journal, number: number, parent: number = ROOT_ID): void {
  const row = fileRow(number, { parent });
  journal.advance({
    local: [{ key: -number, seen: localOf(row) }],
    cloud: [{ id: row.cloudId, seen: cloudOf(row) }],
  });
}

const keysOf = (trees: ThreeTrees | null) => trees && [...trees.local.keys(), ...trees.cloud.keys()];

/** All slices, each linked when it was given out. */
function slicesOf(journal: Journal, atOnce: number, link: (key: number) => void = () => undefined) {
  const slices = new NewsSlices(journal, 'bidirectional', atOnce);
  const found: unknown[] = [];
  for (let trees = slices.next(); trees !== null; trees = slices.next()) {
    found.push(keysOf(trees));
    for (const key of trees.local.keys()) link(key);
  }
  return found;
}

describe('[SY-37] slices of what is new', () => {
  it('are made only of many times what one holds', () => {
    const journal = journalWith();
    for (const number of [2, 3]) addNew(journal, number);
    expect(slicesOf(journal, 2)).toEqual([]);
    addNew(journal, 4);
    expect(slicesOf(journal, 2)).toEqual([[-2, -3, -4, 'c2', 'c3', 'c4']]);
  });

  it('hold whole folders, both sides of each, and go on below what the slice before linked', () => {
    const journal = journalWith();
    const folder = folderRow(5);
    journal.advance({ local: [{ key: -5, seen: localOf(folder) }], cloud: [{ id: 'c5', seen: cloudOf(folder) }] });
    journal.advance({ local: [{ key: -6, seen: localOf(fileRow(6), { parent: -5 }) }] });
    const link = (key: number) => {
      if (key === -5) journal.advance({ rows: [folder], adopt: [{ key, id: 5 }] });
    };
    expect(slicesOf(journal, 0, link)).toEqual([[-5, 'c5'], [-6]]);
    expect(slicesOf(journal, 0)).toEqual([[-6]]);
  });

  it('pass over what was made in no folder of base: it waits for its folder', () => {
    const journal = journalWith();
    journal.advance({ local: [{ key: -6, seen: localOf(fileRow(6), { parent: -5 }) }] });
    expect(slicesOf(journal, 0)).toEqual([]);
  });

  it.each([
    [
      'in which something of base was changed',
      { local: [{ key: 3, seen: localOf(fileRow(3, { parent: 2 }), { name: 'x' }) }] },
    ],
    ['from which something of base went', { local: [{ key: 3, seen: { t: 'absent', sinceMs: 0 } as const }] }],
    ['into which something of base came', { cloud: [{ id: 'c4', seen: cloudOf(fileRow(4, { parent: 2 })) }] }],
    ['that is gone from the cloud', { cloud: [{ id: 'c2', seen: { t: 'absent', sinceMs: 0 } as const }] }],
    ['that moved', { local: [{ key: 2, seen: localOf(folderRow(2), { name: 'y' }) }] }],
  ])('leave a folder %s to the decision about the whole', (_what, change) => {
    const journal = journalWith(folderRow(2), fileRow(3, { parent: 2 }), fileRow(4), folderRow(6, { parent: 2 }));
    addNew(journal, 9, 2);
    expect(slicesOf(journal, 0)).toEqual([[-9, 'c9']]);
    journal.advance(change);
    expect(slicesOf(journal, 0)).toEqual([]);
  });

  it('leave what others keep in the cloud alone in upload mode', () => {
    const journal = journalWith();
    journal.advance({ cloud: [{ id: 'c2', seen: cloudOf(fileRow(2)) }] });
    expect(new NewsSlices(journal, 'upload', 0).next()).toBeNull();
    addNew(journal, 3);
    expect(keysOf(new NewsSlices(journal, 'upload', 0).next())).toEqual([-3, 'c2', 'c3']);
  });
});
