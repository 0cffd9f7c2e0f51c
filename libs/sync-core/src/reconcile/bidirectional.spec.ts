import { describe, expect, it } from 'vitest';
import { ROOT_ID } from '../model/tree.ts';
import { Scenario } from '../testing/scenario.ts';

const COPY = (name: string, ext = '') => `${name} (conflict PC1 2026-01-02 0304)${ext}`;

type Row = {
  readonly id: string;
  readonly synced: readonly string[];
  readonly here?: (side: Scenario['here']) => void;
  readonly there?: (side: Scenario['there']) => void;
  /** Both sides afterwards. */
  readonly then: Readonly<Record<string, string>>;
  readonly ops?: readonly string[];
};

const BASICS: readonly Row[] = [
  {
    id: '[B01] [SY-2] a file created here',
    synced: ['x'],
    here: (s) => s.write('a', '1'),
    then: { x: 'x', a: '1' },
    ops: ['cloudUpload'],
  },
  {
    id: '[B02] [SY-2] a file created there',
    synced: ['x'],
    there: (s) => s.write('a', '1'),
    then: { x: 'x', a: '1' },
    ops: ['localDownload'],
  },
  {
    id: '[B03] [SY-2] an edit here',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    then: { a: '2' },
    ops: ['cloudUpload'],
  },
  {
    id: '[B04] [SY-2] an edit there',
    synced: ['a=1'],
    there: (s) => s.write('a', '2'),
    then: { a: '2' },
    ops: ['localDownload'],
  },
  {
    id: '[B05] [BI-2] [SY-8] a delete here',
    synced: ['a=1', 'x'],
    here: (s) => s.remove('a'),
    then: { x: 'x' },
    ops: ['cloudTrash'],
  },
  {
    id: '[B06] [B07] [BI-3] [SY-8] a delete there',
    synced: ['a=1', 'x'],
    there: (s) => s.remove('a'),
    then: { x: 'x' },
    ops: ['localTrash'],
  },
  {
    id: '[B08] [SY-9] a delete on both sides',
    synced: ['a=1', 'x'],
    here: (s) => s.remove('a'),
    there: (s) => s.remove('a'),
    then: { x: 'x' },
    ops: ['forget'],
  },
  {
    id: '[B09] [SY-4] the same file created on both sides',
    synced: ['x'],
    here: (s) => s.write('a', '1'),
    there: (s) => s.write('a', '1'),
    then: { x: 'x', a: '1' },
    ops: ['link', 'localSetMeta'],
  },
  {
    id: '[B10] [SY-4] the same edit on both sides',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    there: (s) => s.write('a', '2'),
    then: { a: '2' },
    ops: ['cloudSetMeta'],
  },
  {
    id: '[B11] [SY-8] a folder deleted here goes as one',
    synced: ['d/f', 'd/g', 'd/e/h', 'x'],
    here: (s) => s.remove('d'),
    then: { x: 'x' },
    ops: ['cloudTrash'],
  },
  {
    id: '[B12] [SY-2] an empty folder',
    synced: ['x'],
    here: (s) => s.mkdir('d'),
    then: { x: 'x', d: 'folder' },
    ops: ['cloudCreateFolder'],
  },
  {
    id: '[B13] [BI-6] [SY-17] a touch here',
    synced: ['a=1'],
    here: (s) => s.touch('a', 5),
    then: { a: '1' },
    ops: ['cloudSetMeta'],
  },
  {
    id: '[B19] [BI-6] [SY-17] a touch there',
    synced: ['a=1'],
    there: (s) => s.touch('a', 5, true),
    then: { a: '1' },
    ops: ['localSetMeta'],
  },
  {
    id: "[SY-17] touches on both sides: the cloud's",
    synced: ['a=1'],
    here: (s) => s.touch('a', 5),
    there: (s) => s.touch('a', 6),
    then: { a: '1' },
    ops: ['localSetMeta'],
  },
];

const MOVES: readonly Row[] = [
  {
    id: '[M01] [BI-1] a rename here',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    then: { b: '1' },
    ops: ['cloudMove'],
  },
  {
    id: '[M02] [BI-1] a rename there',
    synced: ['a=1'],
    there: (s) => s.move('a', 'b'),
    then: { b: '1' },
    ops: ['localMove'],
  },
  {
    id: '[M03] a folder renamed is one operation',
    synced: ['d/f', 'd/g'],
    here: (s) => s.move('d', 'e'),
    then: { e: 'folder', 'e/f': 'd/f', 'e/g': 'd/g' },
    ops: ['cloudMove'],
  },
  {
    id: '[M04] moved and edited here',
    synced: ['a=1'],
    here: (s) => (s.move('a', 'b'), s.write('b', '2')),
    then: { b: '2' },
    ops: ['cloudMove', 'cloudUpload'],
  },
  {
    id: '[M05] [SY-3] edited here, moved there',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    there: (s) => s.move('a', 'b'),
    then: { b: '2' },
  },
  {
    id: '[M06] [SY-3] moved here, edited there',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.write('a', '2'),
    then: { b: '2' },
  },
  {
    id: '[M07] [SY-5] moved to different places',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.move('a', 'c'),
    then: { c: '1' },
    ops: ['localMove'],
  },
  {
    id: '[M08] [SY-4] moved to one place',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.move('a', 'b'),
    then: { b: '1' },
    ops: ['link'],
  },
  {
    id: '[M09] names exchanged here',
    synced: ['a=1', 'b=2'],
    here: swap,
    then: { a: '2', b: '1' },
    ops: ['cloudMove', 'cloudMove'],
  },
  {
    id: '[M09] names exchanged there',
    synced: ['a=1', 'b=2'],
    there: swap,
    then: { a: '2', b: '1' },
    ops: ['localMove', 'localMove', 'localMove'],
  },
  {
    id: '[M10] three names rotated',
    synced: ['a=1', 'b=2', 'c=3'],
    here: rotate,
    then: { a: '3', b: '1', c: '2' },
    ops: ['cloudMove', 'cloudMove', 'cloudMove'],
  },
  {
    id: '[M11] a hierarchy turned over',
    synced: ['A/B/f'],
    here: (s) => (s.move('A/B', 'B'), s.move('A', 'B/A')),
    then: { B: 'folder', 'B/A': 'folder', 'B/f': 'A/B/f' },
  },
  {
    id: '[M12] [SY-11] folders moved into each other',
    synced: ['A/f', 'B/g'],
    here: (s) => s.move('A', 'B/A'),
    there: (s) => s.move('B', 'A/B'),
    then: { A: 'folder', 'A/f': 'A/f', 'A/B': 'folder', 'A/B/g': 'B/g' },
  },
  {
    id: '[M13] moved out of a folder that is deleted',
    synced: ['d/x', 'd/y'],
    here: (s) => (s.move('d/x', 'x'), s.remove('d')),
    then: { x: 'd/x' },
    ops: ['cloudMove', 'cloudTrash'],
  },
  {
    id: '[M14] another file takes the name of a deleted one',
    synced: ['x=1', 'y=2'],
    here: (s) => (s.remove('x'), s.move('y', 'x')),
    then: { x: '2' },
    ops: ['cloudTrash', 'cloudMove'],
  },
  {
    id: '[M15] a new file under the old name of a moved one',
    synced: ['x=1'],
    here: (s) => (s.move('x', 'y'), s.write('x', '2')),
    then: { x: '2', y: '1' },
    ops: ['cloudMove', 'cloudUpload'],
  },
  {
    id: '[M16] moved into a new folder',
    synced: ['y=1'],
    here: (s) => (s.mkdir('n'), s.move('y', 'n/y')),
    then: { n: 'folder', 'n/y': '1' },
    ops: ['cloudCreateFolder', 'cloudMove'],
  },
  {
    id: '[M20] edited and moved with its folder there',
    synced: ['d/f=1', 'e/'],
    there: (s) => (s.write('d/f', '2'), s.move('d', 'e/d')),
    then: { e: 'folder', 'e/d': 'folder', 'e/d/f': '2' },
  },
  {
    id: '[M21] created there in a folder renamed here',
    synced: ['d/f'],
    here: (s) => s.move('d', 'e'),
    there: (s) => s.write('d/g', '2'),
    then: { e: 'folder', 'e/f': 'd/f', 'e/g': '2' },
  },
  {
    id: '[M22] deleted there in a folder renamed here',
    synced: ['d/f', 'd/g'],
    here: (s) => s.move('d', 'e'),
    there: (s) => s.remove('d/f'),
    then: { e: 'folder', 'e/g': 'd/g' },
  },
  {
    id: '[M23] moved out there of a folder renamed here',
    synced: ['d/f'],
    here: (s) => s.move('d', 'e'),
    there: (s) => s.move('d/f', 'f'),
    then: { e: 'folder', f: 'd/f' },
  },
  {
    id: '[M26] [BI-9] a file becomes a folder here',
    synced: ['a=1'],
    here: (s) => (s.remove('a'), s.mkdir('a')),
    then: { a: 'folder' },
  },
  {
    id: '[M34] moved over another',
    synced: ['a=1', 'b=2'],
    here: (s) => (s.remove('b'), s.move('a', 'b')),
    then: { b: '1' },
  },
  {
    id: '[M36] a chain of folders renamed at each level',
    synced: ['a/b/c/f'],
    here: (s) => (s.move('a', 'x'), s.move('x/b', 'x/y'), s.move('x/y/c', 'x/y/z')),
    then: { x: 'folder', 'x/y': 'folder', 'x/y/z': 'folder', 'x/y/z/f': 'a/b/c/f' },
    ops: ['cloudMove', 'cloudMove', 'cloudMove'],
  },
];

function swap(s: Scenario['here']): void {
  s.move('a', 't');
  s.move('b', 'a');
  s.move('t', 'b');
}

function rotate(s: Scenario['here']): void {
  s.move('c', 't');
  s.move('b', 'c');
  s.move('a', 'b');
  s.move('t', 'a');
}

const CONFLICTS: readonly Row[] = [
  {
    id: '[C01] [BI-4] [SY-6] edited on both sides',
    synced: ['a.txt=1'],
    here: (s) => s.write('a.txt', '2'),
    there: (s) => s.write('a.txt', '3'),
    then: { 'a.txt': '3', [COPY('a', '.txt')]: '2' },
  },
  {
    id: '[SY-6] created differently on both sides',
    synced: ['x'],
    here: (s) => s.write('a', '2'),
    there: (s) => s.write('a', '3'),
    then: { x: 'x', a: '3', [COPY('a')]: '2' },
  },
  {
    id: '[C03] [BI-5] [SY-7] edited here, deleted there',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    there: (s) => s.remove('a'),
    then: { a: '2' },
  },
  {
    id: '[C04] [BI-5] [SY-7] deleted here, edited there',
    synced: ['a=1'],
    here: (s) => s.remove('a'),
    there: (s) => s.write('a', '2'),
    then: { a: '2' },
  },
  {
    id: '[C05] [SY-13] edited here, replaced by a folder there',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    there: (s) => (s.remove('a'), s.mkdir('a')),
    then: { a: 'folder', 'a (file)': '2' },
  },
  {
    id: '[C06] [SY-13] replaced by a folder here, edited there',
    synced: ['a=1'],
    here: (s) => (s.remove('a'), s.write('a/bar', '3')),
    there: (s) => s.write('a', '2'),
    then: { a: 'folder', 'a/bar': '3', 'a (file)': '2' },
  },
  {
    id: '[C07] [SY-13] added to here, replaced by a file there',
    synced: ['d/f=1'],
    here: (s) => s.write('d/z', '2'),
    there: (s) => (s.remove('d'), s.write('d', '3')),
    then: { d: 'folder', 'd/z': '2', 'd (file)': '3' },
  },
  {
    id: '[C08] [SY-10] a folder deleted here, added to there',
    synced: ['d/f'],
    here: (s) => s.remove('d'),
    there: (s) => s.write('d/g', '2'),
    then: { d: 'folder', 'd/g': '2' },
  },
  {
    id: '[C09] [SY-9] a folder deleted here, a file of it there',
    synced: ['d/f', 'd/g', 'x'],
    here: (s) => s.remove('d'),
    there: (s) => s.remove('d/f'),
    then: { x: 'x' },
  },
  {
    id: '[C10] [SY-10] a folder deleted there, a file of it edited here',
    synced: ['d/f=1', 'd/g'],
    here: (s) => s.write('d/f', '2'),
    there: (s) => s.remove('d'),
    then: { d: 'folder', 'd/f': '2' },
  },
  {
    id: '[C11] [SY-10] a folder deleted there, added to here',
    synced: ['d/f'],
    here: (s) => s.write('d/new', '2'),
    there: (s) => s.remove('d'),
    then: { d: 'folder', 'd/new': '2' },
  },
  {
    id: '[C12] [SY-10] a folder deleted there, moved into here',
    synced: ['d/f', 'x=1'],
    here: (s) => s.move('x', 'd/x'),
    there: (s) => s.remove('d'),
    then: { d: 'folder', 'd/x': '1' },
  },
  {
    id: '[C13] [SY-12] created here, moved to there',
    synced: ['x=1'],
    here: (s) => s.write('b', '2'),
    there: (s) => s.move('x', 'b'),
    then: { b: '1', [COPY('b')]: '2' },
  },
  {
    id: '[C14] [SY-12] two files moved to one name',
    synced: ['x=1', 'y=2'],
    here: (s) => s.move('x', 'b'),
    there: (s) => s.move('y', 'b'),
    then: { b: '2', 'b (2)': '1' },
  },
  {
    id: '[SY-7] a moved folder keeps what it holds though it was deleted there',
    synced: ['d/f', 'd/e/g'],
    here: (s) => s.move('d', 'n'),
    there: (s) => s.remove('d'),
    then: { n: 'folder', 'n/f': 'd/f', 'n/e': 'folder', 'n/e/g': 'd/e/g' },
  },
  {
    id: '[SY-7] a folder deleted here stays with what it holds where it was moved there',
    synced: ['d/f', 'x'],
    here: (s) => s.remove('d'),
    there: (s) => s.move('d', 'n'),
    then: { x: 'x', n: 'folder', 'n/f': 'd/f' },
  },
  {
    id: '[SY-12] two new folders of one name are one; two moved ones are not',
    synced: ['p/f', 'q/g'],
    here: (s) => (s.mkdir('n'), s.move('p', 'm')),
    there: (s) => (s.mkdir('n'), s.move('q', 'm')),
    then: { n: 'folder', m: 'folder', 'm/g': 'q/g', 'm (2)': 'folder', 'm (2)/f': 'p/f' },
  },
];

describe.each([
  ['what happens on one side', BASICS],
  ['moves', MOVES],
  ['both sides at once', CONFLICTS],
])('bidirectional: %s', (_, rows) => {
  it.each(rows)('$id', ({ synced, here, there, then, ops }) => {
    const story = new Scenario(synced);
    const before = story.kept();
    here?.(story.here);
    there?.(story.there);
    const ran = story.sync();
    const expected = Object.fromEntries(Object.entries(then).sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(story.here.tree()).toEqual(expected);
    expect(story.there.tree()).toEqual(expected);
    if (ops) expect(ran).toEqual(ops);
    expect([...before].filter((token) => !story.kept().has(token))).toEqual([]);
    expect(story.sync(), '[D18] a second run has nothing to do').toEqual([]);
  });
});

describe('bidirectional: details', () => {
  it('[C02] [SY-6] makes a version of the local content under that policy', () => {
    const story = new Scenario(['a=1'], { policy: { conflict: 'version' } });
    story.here.write('a', '2');
    story.there.write('a', '3');
    story.sync();
    expect(story.here.tree()).toEqual({ a: '2' });
    expect(story.versionsOf('a')).toEqual(['1', '3', '2']);
  });

  it('[C15] [C16] names the copies of three devices apart, and never nests a suffix', () => {
    const story = new Scenario(['a=1'], { devices: 3 });
    story.on(0).write('a', '2');
    story.on(1).write('a', '3');
    story.on(2).write('a', '4');
    story.sync();
    const copies = Object.keys(story.there.tree()).filter((path) => path.includes('conflict'));
    expect(copies).toHaveLength(2);
    const [copy = ''] = copies;
    story.on(0).write(copy, '5');
    story.on(1).write(copy, '6');
    story.sync();
    expect(Object.keys(story.there.tree()).filter((path) => /conflict.*conflict/.test(path))).toEqual([]);
    expect(new Set(Object.values(story.there.tree()))).toEqual(
      new Set(['2', '3', '4', '5', '6'].filter((token) => Object.values(story.here.tree()).includes(token))),
    );
  });

  it('[C18] [SY-6] names two copies of one file apart though they were made in the same minute', () => {
    const story = new Scenario(['a.txt=1']);
    for (const [ours, theirs] of [
      ['2', '3'],
      ['4', '5'],
    ] as const) {
      story.here.write('a.txt', ours);
      story.there.write('a.txt', theirs);
      story.sync();
    }
    const copy = COPY('a');
    expect(story.here.tree()).toEqual({ 'a.txt': '5', [`${copy}.txt`]: '2', [`${copy}-2.txt`]: '4' });
    expect(story.there.tree()).toEqual(story.here.tree());
  });

  it('[M17] [SY-2] moves once to where a file stands in the end, however often it was renamed', () => {
    const story = new Scenario(['a=1']);
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ] as const)
      story.here.move(from, to);
    expect(story.sync()).toEqual(['cloudMove']);
    expect(story.there.tree()).toEqual({ b: '1' });
    story.here.move('b', 'd');
    story.here.move('d', 'b');
    expect(story.sync().filter((op) => op.startsWith('cloud'))).toEqual([]);
  });

  it('[R05] [SY-25] deletes in the cloud what was deleted here while it was uploaded', () => {
    const story = new Scenario(['x']);
    story.here.write('a', '1');
    story.device.observe();
    const plan = story.device.plan();
    story.here.remove('a');
    story.device.disk.scan(story.device.journal, 0);
    story.device.journal.foldScan(story.device.disk.scan(story.device.journal, 0).result);
    story.device.run(plan, () => 0);
    story.sync();
    expect(story.there.tree()).toEqual({ x: 'x' });
  });

  it('[SY-19] tells of a name that the cloud cannot hold, and syncs the rest', () => {
    const story = new Scenario(['x']);
    const long = 'é'.normalize('NFD').repeat(90);
    story.here.write(long.slice(0, 150) + '\ud800', '1');
    story.here.write('b', '2');
    story.device.observe();
    expect(story.device.plan().problems).toMatchObject([{ code: 'NAME_UNSUPPORTED' }]);
    story.sync();
    expect(story.there.tree()).toEqual({ x: 'x', b: '2' });
  });

  it('[F13] [SY-18] knows a name in either Unicode form, and keeps two files apart that differ in it alone', () => {
    const story = new Scenario();
    const [nfc, nfd] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    story.there.write(nfc, '1');
    story.here.write(nfd, '1');
    story.sync();
    expect([Object.keys(story.here.tree()), Object.keys(story.there.tree())]).toEqual([[nfd], [nfc]]);
    story.here.write(nfc, '2');
    story.sync();
    expect(story.there.tree()).toEqual({ [nfc]: '1', [`${nfc} (2)`]: '2' });
    expect(story.here.tree()).toEqual({ [nfc]: '2', [nfd]: '1' });
    expect(story.sync()).toEqual([]);
  });

  // Whole fleet seed 6352: the other spelling was taken for the file of the cloud, and the equal one became a conflict copy.
  it('[F13] [SY-4] [SY-18] of two spellings of one name takes the file of the same content for the one in the cloud', () => {
    for (const [first, second] of [
      ['NFC', 'NFD'],
      ['NFD', 'NFC'],
    ] as const) {
      const story = new Scenario();
      const [equal, other] = ['é'.normalize(first), 'é'.normalize(second)];
      story.there.write('é'.normalize('NFC'), '1');
      story.here.write(equal, '1');
      story.here.write(other, '2');
      story.sync();
      expect(story.here.tree()).toEqual({ [equal]: '1', [other]: '2' });
      expect(story.there.tree()).toEqual({ ['é'.normalize('NFC')]: '1', [`${'é'.normalize('NFC')} (2)`]: '2' });
    }
  });

  // Whole fleet seed 45: `ä` came as `ä (3)`, because a file that had been mapped to `ä (2)` beside another spelling had its name here.
  it('[F13] [BI-8] [SY-18] gives a mapped name up to the node that has it in the cloud, once its own is free here', () => {
    const story = new Scenario([], { devices: 2 });
    const [nfc, nfd] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    story.here.write(nfd, '1');
    story.sync();
    story.here.write(nfc, '2');
    story.sync();
    expect(story.there.tree()).toEqual({ [nfc]: '1', [`${nfc} (2)`]: '2' });
    story.there.remove(nfc);
    story.there.mkdir(nfc);
    story.sync();
    expect(story.there.tree()).toEqual({ [nfc]: 'folder', [`${nfc} (2)`]: '2' });
    expect(story.here.tree()).toEqual(story.there.tree());
    expect(story.on(1).tree()).toEqual(story.there.tree());
    expect(story.sync()).toEqual([]);
  });

  it('[F13] [BI-8] [SY-18] gives a mapped name up also when its node was edited meanwhile', () => {
    const story = new Scenario([], { devices: 2 });
    const [nfc, nfd] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    story.here.write(nfd, '1');
    story.sync();
    story.here.write(nfc, '2');
    story.sync();
    story.there.remove(nfc);
    story.there.mkdir(nfc);
    story.here.write(nfc, '3');
    story.sync();
    expect(story.there.tree()).toEqual({ [nfc]: 'folder', [`${nfc} (2)`]: '3' });
    expect(story.here.tree()).toEqual(story.there.tree());
    expect(story.on(1).tree()).toEqual(story.there.tree());
  });

  // Whole fleet seed 374: base has the deleted folder and the new file at one place in the cloud, and only the folder was looked at.
  it('[SY-10] [SY-13] lets the file yield that has the place of a folder which comes back for what was moved into it', () => {
    const [nfc, nfd] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    const story = new Scenario(['y', `d/${nfd}/`, 'x']);
    const { journal } = story.device;
    story.there.remove(`d/${nfc}`);
    story.there.move('y', `d/${nfc}`);
    story.here.move('x', `d/${nfd}/x`);
    story.device.observe();
    const [d, y] = [journal.base.childByCloudName(ROOT_ID, 'd'), journal.base.childByCloudName(ROOT_ID, 'y')];
    if (!d || !y) throw new Error('both are in base');
    const moved = { ...y, parent: d.id, localName: nfc, cloudName: nfc };
    journal.advance({ rows: [moved], cloud: [{ id: y.cloudId, seen: 'equal' }] });
    const { cloud } = story.device.plan();
    expect(cloud.map((op) => [op.op, 'name' in op && op.name])).toEqual([
      ['cloudMove', `${nfc} (file)`],
      ['cloudCreateFolder', nfc],
      ['cloudMove', 'x'],
    ]);
  });

  it('[G23] [BI-8] [SY-18] maps the second of two names that differ in case, on this device only', () => {
    const story = new Scenario([], { policy: { names: { caseSensitive: false, windows: false, maxNameBytes: 255 } } });
    story.there.write('test', '1');
    story.there.write('TEST', '2');
    story.sync();
    expect(Object.keys(story.there.tree()).sort()).toEqual(['TEST', 'test']);
    expect(Object.keys(story.here.tree())).toHaveLength(2);
    const mapped = Object.keys(story.here.tree()).find((path) => path.includes('(2)')) ?? '';
    story.here.write(mapped, '3');
    story.sync();
    expect(Object.keys(story.there.tree()).sort()).toEqual(['TEST', 'test']);
    story.here.remove(mapped);
    story.sync();
    expect(Object.keys(story.there.tree())).toHaveLength(1);
    expect(Object.keys(story.here.tree())).toHaveLength(1);
  });

  it('[M18] [M19] renames in case alone', () => {
    const story = new Scenario(['a=1'], {
      policy: { names: { caseSensitive: false, windows: false, maxNameBytes: 255 } },
    });
    story.here.move('a', 'A');
    expect(story.sync()).toEqual(['cloudMove']);
    story.there.move('A', 'a');
    expect(story.sync()).toEqual(['localMove']);
    expect(story.here.tree()).toEqual({ a: '1' });
  });

  it('[G22] [SY-18] gives a device names it can hold, and keeps those of the cloud', () => {
    const story = new Scenario([], { policy: { names: { caseSensitive: false, windows: true, maxNameBytes: 255 } } });
    for (const name of ['CON', 'a:b', 'x.', 'y ']) story.there.write(name, name);
    story.sync();
    expect(Object.keys(story.here.tree()).sort()).toEqual(['CON_', 'a：b', 'x．', 'y_'].sort());
    for (const name of Object.keys(story.here.tree())) story.here.write(name, `${name} edited`);
    story.sync();
    expect(Object.keys(story.there.tree()).sort()).toEqual(['CON', 'a:b', 'x.', 'y '].sort());
    expect(story.sync()).toEqual([]);
  });

  it('[SY-14] [G10] touches nothing that could not be seen in the cloud', () => {
    const story = new Scenario(['d/f=1', 'x=1']);
    story.here.remove('d');
    story.here.write('x', '2');
    story.device.observe();
    const unknown = { t: 'unknown', why: 'revoked', sinceMs: 0 } as const;
    story.device.journal.advance({ cloud: [{ id: story.idOf('d'), seen: unknown }] });
    const plan = story.device.plan();
    expect(plan.cloud.map((op) => op.op)).toEqual(['cloudUpload']);
    expect(plan.local).toEqual([]);
  });

  // Whole fleet seed 21: a file was moved to where this device sees nothing, then its former folder was deleted.
  it.each([
    ['', false],
    [', also when the folder is made anew', true],
  ])(
    '[SY-14] [SA-4] [D22] deletes nothing that left its folder for out of sight before the folder was deleted%s',
    (_, anew) => {
      const story = new Scenario(['d/f=1', 'd/g=1', 'x']);
      const { journal } = story.device;
      const id = story.idOf('d/f');
      story.there.move('d/f', 'f');
      story.there.remove('d');
      if (anew) story.there.mkdir('d');
      story.device.observe();
      journal.advance({ cloud: [{ id, seen: { t: 'unknown', why: 'revoked', sinceMs: 0 } }] });
      const plan = story.device.plan();
      const trashed = plan.local.flatMap((op) => (op.op === 'localTrash' ? op.ids : []));
      expect(trashed.map((each) => journal.base.get(each)?.localName)).toEqual(['g']);
      expect(plan.cloud).toEqual([]);
    },
  );
});

describe('a folder that changes places with its own child', () => {
  it('[SY-31] [M12] hides the child before the folder that it has to leave (fleet seed 281)', () => {
    const story = new Scenario(['d/e/x']);
    story.there.move('d/e', 'e');
    story.there.move('d', 'e/d');
    story.there.move('e', 'd');
    story.sync();
    const hidden = story.ops().flatMap((op) => (op.op === 'localMove' && op.staged ? [op.id] : []));
    const inside = story.device.journal.base.rows().find((row) => row.localName === 'd' && row.parent !== 1);
    expect(hidden.at(-1)).toBe(inside?.id);
    expect(hidden).toHaveLength(2);
    expect(story.here.tree()).toEqual(story.there.tree());
  });
});

describe('a folder that base has below another one until both sides agree about that', () => {
  it('[SY-25] [M12] links the upper one in it only after that: base is a tree at every step (fleet seed 23)', () => {
    const story = new Scenario(['p/q/', 'p/r/a=1']);
    const loops = loopsIn(story);
    story.here.move('p/q', 'q');
    story.here.move('p', 'q/p');
    story.there.move('p/r', 'r');
    story.there.move('p/q', 'r/q');
    story.there.move('p', 'r/q/p');
    story.sync();
    expect(loops).toEqual([]);
    expect(story.here.tree()).toEqual(story.there.tree());
    expect(story.there.tree()).toEqual({ r: 'folder', 'r/a': '1', 'r/q': 'folder', 'r/q/p': 'folder' });
    expect(story.device.plan()).toMatchObject({ base: [], local: [], cloud: [] });
  });

  it('[SY-25] [M12] takes over where the upper one was moved to only after that, too (fleet seed 112)', () => {
    const story = new Scenario(['p/q/', 's/a=1']);
    const loops = loopsIn(story);
    story.here.move('p/q', 'q');
    story.here.move('p', 'q/p');
    story.there.move('p/q', 's/q');
    story.device.observe();
    story.device.run(story.device.plan(), (count) => (count === 2 ? 1 : 0)); // the cloud's half first
    story.sync();
    expect(loops).toEqual([]);
    expect(story.here.tree()).toEqual(story.there.tree());
    expect(story.there.tree()).toEqual({ s: 'folder', 's/a': '1', 's/q': 'folder', 's/q/p': 'folder' });
    expect(story.device.plan()).toMatchObject({ base: [], local: [], cloud: [] });
  });
});

/** What was below itself in base after a step of the journal, as it comes. */
function loopsIn({ device: { journal } }: Scenario): string[] {
  const loops: string[] = [];
  const parentOf = (id: number) => journal.base.get(id)?.parent ?? ROOT_ID;
  const advance = journal.advance.bind(journal);
  journal.advance = (step) => {
    advance(step);
    for (const { id, localName } of journal.base.rows()) {
      const passed = new Set<number>();
      for (let at = parentOf(id); at !== ROOT_ID && !passed.has(at); at = parentOf(at)) passed.add(at);
      if (passed.has(id)) loops.push(localName);
    }
  };
  return loops;
}
