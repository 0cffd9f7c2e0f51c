import type { ChangesAnswer, DriveNode, FeedItem } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import {
  ROOT_ID,
  type BaseNode,
  type CloudId,
  type CloudNode,
  type CloudOverlay,
  type Observed,
} from '../model/tree.ts';
import { MemoryBase } from '../testing/memory-base.ts';
import type { CloudStep } from './cloud-step.ts';
import { diffListing, diffSubtree, foldFeed } from './remote-state.ts';

const NOW = 5000;
const ROOT = 'r';

/** Base of the scenarios: /a, /d/x, /d/e/y */
type Placed = { id: CloudId; parent: CloudId; name: string; kind: 'file' | 'folder'; rev?: number; content?: string };
const SYNCED: readonly Placed[] = [
  { id: 'a', parent: ROOT, name: 'a', kind: 'file' },
  { id: 'd', parent: ROOT, name: 'd', kind: 'folder' },
  { id: 'x', parent: 'd', name: 'x', kind: 'file' },
  { id: 'e', parent: 'd', name: 'e', kind: 'folder' },
  { id: 'y', parent: 'e', name: 'y', kind: 'file' },
];

function baseOf(placed: readonly Placed[]): MemoryBase {
  const ids = new Map([ROOT, ...placed.map((each) => each.id)].map((id, index) => [id, index + ROOT_ID]));
  const row = (each: Placed): BaseNode => ({
    id: ids.get(each.id) ?? 0,
    parent: ids.get(each.parent) ?? 0,
    localName: each.name,
    cloudName: each.name,
    kind: each.kind,
    cloudId: each.id,
    rev: each.rev ?? 1,
    contentId: each.kind === 'file' ? (each.content ?? 'v1') : null,
    size: each.kind === 'file' ? 2 : null,
    meta: { mtimeMs: 7, exec: false },
    sig: null,
    state: 'managed',
  });
  const base = new MemoryBase();
  const root: Placed = { id: ROOT, parent: ROOT, name: '', kind: 'folder' };
  base.write({ rows: [root, ...placed].map(row), forget: [] });
  return base;
}

function node(each: Placed, change: Partial<DriveNode> = {}): DriveNode {
  return {
    id: each.id,
    parentId: each.parent,
    name: each.name,
    kind: each.kind,
    rev: each.rev ?? 1,
    seq: 1,
    versionId: null,
    contentId: each.kind === 'file' ? (each.content ?? 'v1') : null,
    size: each.kind === 'file' ? 2 : null,
    mtimeMs: 7,
    exec: false,
    trashedAt: null,
    ...change,
  } as DriveNode;
}
const synced = (id: CloudId, change: Partial<DriveNode> = {}): DriveNode => {
  const placed = SYNCED.find((each) => each.id === id);
  if (!placed) throw new Error(`${id} is not in the scenario`);
  return node(placed, change);
};
const change = (id: CloudId, fields: Partial<DriveNode>): Partial<DriveNode> => ({
  id: id as never,
  rev: 2,
  ...fields,
});
const told = (drive: DriveNode, entered = false): FeedItem => ({ type: 'node', node: drive, entered });
const gone = (id: CloudId, why: 'left' | 'trashed' | 'purged' | 'revoked', rev = 2): FeedItem => ({
  type: 'gone',
  id: id as never,
  gone: why,
  rev,
});
const page = (...items: FeedItem[]): ChangesAnswer => ({
  items,
  cursor: 'c2',
  seq: 9,
  epoch: 'e1',
  capsRev: 1,
  more: false,
});

const present = (cloud: Partial<CloudNode>): Observed<CloudNode> => ({
  t: 'present',
  node: {
    id: 'n',
    parentId: ROOT,
    name: 'n',
    kind: 'file',
    rev: 1,
    seq: 1,
    contentId: 'v1',
    size: 2,
    meta: { mtimeMs: 7, exec: false },
    ...cloud,
  },
  sinceMs: 1,
});
const absent: Observed<CloudNode> = { t: 'absent', sinceMs: 1 };
const revoked: Observed<CloudNode> = { t: 'unknown', why: 'revoked', sinceMs: 1 };

/** What the steps say per node, in short. */
function inShort(steps: readonly CloudStep[]): Record<CloudId, string> {
  const word = ({ seen }: CloudStep): string => {
    if (seen === 'equal') return 'equal';
    if (seen.t === 'present') return `${seen.node.parentId}/${seen.node.name} ${seen.node.contentId ?? 'folder'}`;
    return seen.t === 'unknown' ? `unknown ${seen.why}` : 'absent';
  };
  return Object.fromEntries(steps.map((step) => [step.id, word(step)]));
}

const fold = (items: readonly FeedItem[], overlay: CloudOverlay = new Map()) =>
  foldFeed(page(...items), { base: baseOf(SYNCED), overlay, rootId: ROOT, nowMs: NOW });

describe('one item', () => {
  const rows: [string, FeedItem[], Record<string, string>][] = [
    ['[D06] an echo of an own change is equal', [told(synced('a'))], { a: 'equal' }],
    ['an edit is seen', [told(synced('a', change('a', { contentId: 'v2' as never })))], { a: 'r/a v2' }],
    ['a rename is seen', [told(synced('a', change('a', { name: 'b' })))], { a: 'r/b v1' }],
    ['a move is seen', [told(synced('a', change('a', { parentId: 'd' as never })))], { a: 'd/a v1' }],
    ['[B19] a new mtime is a difference of its own', [told(synced('a', change('a', { mtimeMs: 8 })))], { a: 'r/a v1' }],
    ['the times of folders mean nothing', [told(synced('d', { mtimeMs: 8 }))], { d: 'equal' }],
    [
      'a new revision of the same state is kept, for base to take it over',
      [told(synced('a', { rev: 2 }))],
      { a: 'r/a v1' },
    ],
    ['a new file is seen', [told(node({ id: 'n', parent: 'd', name: 'n', kind: 'file' }))], { n: 'd/n v1' }],
    ['a file in the bin is absent', [gone('a', 'trashed')], { a: 'absent' }],
    [
      'a file told with its time of trashing is absent',
      [told(synced('a', change('a', { trashedAt: '2026-01-01T00:00:00Z' })))],
      { a: 'absent' },
    ],
    ['a purged file is absent, also when nobody knows its revision', [gone('a', 'purged', 0)], { a: 'absent' }],
    ['[D21] a file moved to another space is absent', [gone('a', 'left')], { a: 'absent' }],
    ['[D22] a file out of sight is unknown, never absent', [gone('a', 'revoked', 1)], { a: 'unknown revoked' }],
    ['what was never here needs no entry to be gone', [gone('n', 'trashed')], { n: 'equal' }],
    [
      'the root itself is no node of the task',
      [told(node({ id: ROOT, parent: 'up', name: 'r', kind: 'folder', rev: 9 }))],
      {},
    ],
  ];
  it.each(rows)('%s', (_, items, expected) => {
    expect(inShort(fold(items).cloud)).toEqual(expected);
  });
});

describe('a folder', () => {
  it('[D19] takes everything in it along when it leaves', () => {
    expect(inShort(fold([gone('d', 'left')]).cloud)).toEqual({ d: 'absent', x: 'absent', e: 'absent', y: 'absent' });
  });

  it('[D22] takes everything in it out of sight, never into the bin', () => {
    const all = 'unknown revoked';
    expect(inShort(fold([gone('d', 'revoked', 1)]).cloud)).toEqual({ d: all, x: all, e: all, y: all });
  });

  it('leaves behind what moved out of it before', () => {
    const items = [told(synced('e', change('e', { parentId: ROOT as never }))), gone('d', 'trashed')];
    expect(inShort(fold(items).cloud)).toEqual({ e: 'r/e folder', d: 'absent', x: 'absent' });
  });

  it('takes along what moved into it before, in this page or an earlier one', () => {
    const overlay = new Map([['n', present({ id: 'n', parentId: 'e' })]]);
    const items = [told(synced('a', change('a', { parentId: 'd' as never }))), gone('d', 'trashed')];
    const { cloud } = fold(items, overlay);
    expect(inShort(cloud)).toEqual({ a: 'absent', n: 'equal', d: 'absent', x: 'absent', e: 'absent', y: 'absent' });
  });

  it('keeps out of sight what was out of sight when its parent is trashed', () => {
    const overlay = new Map([['e', revoked]]);
    expect(inShort(fold([gone('d', 'trashed')], overlay).cloud)).toEqual({ d: 'absent', x: 'absent' });
  });

  it('[D20] that entered is to be listed', () => {
    const folder = node({ id: 'n', parent: ROOT, name: 'n', kind: 'folder', rev: 3 });
    const { cloud, toList } = fold([told(folder, true)]);
    expect(toList).toEqual(['n']);
    expect(inShort(cloud)).toEqual({ n: 'r/n folder' });
  });

  it('[D06] that we moved ourselves is not listed', () => {
    const overlay = new Map([['d', present({ id: 'd', kind: 'folder', name: 'd2', rev: 2, contentId: null })]]);
    const echo = told(synced('d', change('d', { name: 'd2' })), true);
    expect(fold([echo], overlay).toList).toEqual([]);
    expect(fold([echo]).toList).toEqual(['d']);
  });

  it('[D20] that comes back from the bin is listed even when nobody says that it entered', () => {
    const overlay = new Map([['d', absent]]);
    expect(fold([told(synced('d', { rev: 3 }))], overlay).toList).toEqual(['d']);
  });
});

describe('a parent that nobody knows', () => {
  const orphan = told(node({ id: 'n', parent: 'nowhere', name: 'n', kind: 'folder' }));
  const child = told(node({ id: 'm', parent: 'n', name: 'm', kind: 'file' }));

  it('asks for a listing of everything and keeps the orphans out until then', () => {
    const { cloud, toList } = fold([child, orphan, told(synced('a'))]);
    expect(toList).toEqual([ROOT]);
    expect(inShort(cloud)).toEqual({ a: 'equal' });
  });

  it('[D05] is none when the parent comes later in the page', () => {
    const parent = told(node({ id: 'nowhere', parent: ROOT, name: 'p', kind: 'folder' }));
    const { cloud, toList } = fold([orphan, child, parent]);
    expect(toList).toEqual([]);
    expect(inShort(cloud)).toEqual({ n: 'nowhere/n folder', m: 'n/m v1', nowhere: 'r/p folder' });
  });
});

describe('the task folder itself', () => {
  it.each(['revoked', 'trashed', 'left', 'purged'] as const)(
    '[D22] %s is told and nothing of the page is used',
    (why) => {
      const { cloud, rootGone } = fold([gone('a', 'trashed'), gone(ROOT, why)]);
      expect(rootGone).toBe(why);
      expect(cloud).toEqual([]);
    },
  );

  it('that is back at the end of the page was never gone', () => {
    const back = node({ id: ROOT, parent: 'up', name: 'r', kind: 'folder', rev: 3 });
    expect(fold([gone(ROOT, 'trashed'), told(back)]).rootGone).toBeNull();
  });
});

describe('[D05] repeated and stale items', () => {
  const items = [
    told(synced('a', change('a', { name: 'b' }))),
    gone('d', 'trashed'),
    told(node({ id: 'n', parent: ROOT, name: 'n', kind: 'file' })),
  ];
  const overlayAfter = (steps: readonly CloudStep[], before: CloudOverlay = new Map()): CloudOverlay => {
    const after = new Map(before);
    for (const { id, seen } of steps) {
      if (seen === 'equal') after.delete(id);
      else after.set(id, seen);
    }
    return after;
  };

  it('change nothing: the page twice is the page once', () => {
    const once = overlayAfter(fold(items).cloud);
    const again = foldFeed(page(...items, ...items), {
      base: baseOf(SYNCED),
      overlay: once,
      rootId: ROOT,
      nowMs: NOW + 60_000,
    });
    expect(overlayAfter(again.cloud, once)).toEqual(once);
  });

  it.each([
    [
      'an older state of a known node',
      told(synced('a', { rev: 1, name: 'old' })),
      new Map([['a', present({ id: 'a', rev: 2 })]]),
    ],
    ['an older state than base', told(synced('a', { rev: 0, name: 'old' })), new Map()],
    [
      'a tombstone from before a node came back',
      gone('a', 'trashed', 1),
      new Map([['a', present({ id: 'a', rev: 2 })]]),
    ],
  ] as [string, FeedItem, CloudOverlay][])('%s is passed over', (_, item, overlay) => {
    expect(fold([item], overlay).cloud).toEqual([]);
  });

  it('a delete keeps the moment when it was first seen, so that it settles', () => {
    const { cloud } = fold([gone('a', 'trashed')], new Map([['a', absent]]));
    expect(cloud).toEqual([{ id: 'a', seen: absent }]);
  });
});

describe('a complete listing', () => {
  const all = SYNCED.map((each) => node(each));
  const diff = (nodes: readonly DriveNode[], overlay: CloudOverlay = new Map(), hidden?: ReadonlySet<CloudId>) => {
    const context = { base: baseOf(SYNCED), overlay, rootId: ROOT, nowMs: NOW, ...(hidden ? { hidden } : {}) };
    return [...diffListing(nodes, context)];
  };
  const without = (...ids: CloudId[]) => all.filter((each) => !ids.includes(each.id));
  const root = node({ id: ROOT, parent: 'up', name: 'root', kind: 'folder' });

  const rows: [string, DriveNode[], CloudOverlay, Record<string, string>][] = [
    ['says nothing when all is as in base', [root, ...all], new Map(), {}],
    ['[G09] proves what it lacks to be absent', without('x'), new Map(), { x: 'absent' }],
    [
      'proves whole folders to be absent',
      without('d', 'x', 'e', 'y'),
      new Map(),
      { d: 'absent', x: 'absent', e: 'absent', y: 'absent' },
    ],
    [
      'tells what is new',
      [...all, node({ id: 'n', parent: 'e', name: 'n', kind: 'file' })],
      new Map(),
      { n: 'e/n v1' },
    ],
    [
      'tells moves',
      [...without('x'), synced('x', change('x', { parentId: ROOT as never }))],
      new Map(),
      { x: 'r/x v1' },
    ],
    [
      'ends differences that are over',
      all,
      new Map<CloudId, Observed<CloudNode>>([
        ['a', absent],
        ['x', revoked],
      ]),
      { a: 'equal', x: 'equal' },
    ],
    ['forgets what was new and is gone again', all, new Map([['n', present({ id: 'n' })]]), { n: 'equal' }],
    [
      '[D22] proves absent what was out of sight, once nothing is hidden',
      without('x'),
      new Map([['x', revoked]]),
      { x: 'absent' },
    ],
    [
      '[G08] takes an older revision of a restored server as it is',
      [...without('a'), synced('a', { rev: 0, contentId: 'v0' as never })],
      new Map([['a', present({ id: 'a', rev: 5 })]]),
      { a: 'r/a v0' },
    ],
  ];
  it.each(rows)('%s', (...[, nodes, overlay, expected]) => {
    expect(inShort(diff(nodes, overlay))).toEqual(expected);
  });

  it('[D22] leaves out of sight what was out of sight while anything is hidden', () => {
    expect(inShort(diff(without('x'), new Map([['x', revoked]]), new Set(['d'])))).not.toHaveProperty('x');
  });

  it('[D22] takes what lies in a hidden folder as out of sight', () => {
    const steps = diff(without('d', 'x', 'e', 'y'), new Map(), new Set(['d']));
    expect(new Set(Object.values(inShort(steps)))).toEqual(new Set(['unknown revoked']));
    expect(steps).toHaveLength(4);
  });

  it('[D18] says nothing a second time', () => {
    const nodes = [...without('x'), node({ id: 'n', parent: 'e', name: 'n', kind: 'file' })];
    const first = new Map(diff(nodes).flatMap(({ id, seen }) => (seen === 'equal' ? [] : [[id, seen] as const])));
    expect(inShort(diff(nodes, first))).toEqual({ n: 'e/n v1' });
  });
});

describe('[D20] the listing of a folder that entered', () => {
  it('adds what is in it and proves nothing absent', () => {
    const nodes = [
      synced('d'),
      synced('x', { rev: 2, name: 'z' }),
      node({ id: 'n', parent: 'd', name: 'n', kind: 'file' }),
    ];
    const steps = diffSubtree(nodes, { base: baseOf(SYNCED), rootId: ROOT, nowMs: NOW });
    expect(inShort(steps)).toEqual({ d: 'equal', x: 'd/z v1', n: 'd/n v1' });
  });
});
