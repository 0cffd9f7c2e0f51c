import { describe, expect, it } from 'vitest';
import type { LocalNode, Observed } from '@tideline/sync-core/tree';
import { SeenEntries } from './seen-entries.ts';

const sig = { volume: 'v', fileId: 2n ** 63n + 1n, birthNs: 1n, size: 1, mtimeNs: -5n, ctimeNs: 3n, links: 1 };
const meta = { mtimeMs: 1, exec: true };

function file(name: string): Observed<LocalNode> {
  const content = { contentId: 'c', size: 1 };
  return { t: 'present', sinceMs: 7, node: { parent: 1, name, kind: 'file', sig, content, meta } };
}

describe('what a scan tells bit by bit', () => {
  it.each([
    ['in memory', 100],
    ['on the disk', 0],
    ['in memory first and on the disk from then on', 2],
  ])('is kept %s, the last word on each entry, without what was withdrawn', (_where, maxHeld) => {
    const seen = new SeenEntries(maxHeld);
    const absent = { t: 'absent', sinceMs: 9 } as const;
    seen.take(
      [
        [-1, file('a')],
        [-2, file('b')],
      ],
      [],
    );
    seen.take([[5, absent]], []);
    seen.take([[-1, file('again')]], [-2]);
    expect(seen.all().size).toBe(2);
    expect(new Map(seen.all())).toEqual(
      new Map<number, unknown>([
        [5, absent],
        [-1, file('again')],
      ]),
    );
  });
});
