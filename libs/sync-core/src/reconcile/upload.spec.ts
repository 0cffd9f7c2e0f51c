import { describe, expect, it } from 'vitest';
import type { SyncPolicy } from '../model/policy.ts';
import { Scenario } from '../testing/scenario.ts';

const UPLOAD: Partial<SyncPolicy> = { mode: 'upload' };
const UPLOAD_AND_DELETE: Partial<SyncPolicy> = { mode: 'upload', propagateDeletes: true };

type Row = {
  readonly id: string;
  readonly synced: readonly string[];
  readonly policy?: Partial<SyncPolicy>;
  readonly here?: (side: Scenario['here']) => void;
  readonly there?: (side: Scenario['there']) => void;
  /** The cloud afterwards; the disk stays what people made of it. */
  readonly then: Readonly<Record<string, string>>;
  readonly ops?: readonly string[];
};

const ROWS: readonly Row[] = [
  {
    id: '[UP-1] [O10] [SY-20] a new file',
    synced: ['a=1'],
    here: (s) => s.write('a2', '1'),
    then: { a: '1', a2: '1' },
    ops: ['cloudUpload'],
  },
  {
    id: '[UP-2] [SY-20] an edit',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    then: { a: '2' },
    ops: ['cloudUpload'],
  },
  {
    id: '[UP-3] [SY-20] a rename',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    then: { b: '1' },
    ops: ['cloudMove'],
  },
  {
    id: '[O11] a folder moved',
    synced: ['A/f', 'B/'],
    here: (s) => s.move('A', 'B/A'),
    then: { B: 'folder', 'B/A': 'folder', 'B/A/f': 'A/f' },
    ops: ['cloudMove'],
  },
  {
    id: '[UP-4] [O01] [SY-22] a delete without the switch',
    synced: ['a=1'],
    here: (s) => s.remove('a'),
    then: { a: '1' },
    ops: ['link'],
  },
  {
    id: '[UP-4] [O02] [SY-23] a delete with the switch',
    synced: ['a=1', 'x'],
    policy: UPLOAD_AND_DELETE,
    here: (s) => s.remove('a'),
    then: { x: 'x' },
    ops: ['cloudTrash'],
  },
  {
    id: '[O15] [SY-23] a delete with the switch of what was edited there',
    synced: ['a=1', 'x'],
    policy: UPLOAD_AND_DELETE,
    here: (s) => s.remove('a'),
    there: (s) => s.write('a', '2'),
    then: { x: 'x' },
    ops: ['cloudTrash'],
  },
  {
    id: "[O14] [SY-22] a folder deleted with the switch that holds somebody else's file",
    synced: ['d/f'],
    policy: UPLOAD_AND_DELETE,
    here: (s) => s.remove('d'),
    there: (s) => s.write('d/z', '2'),
    then: { d: 'folder', 'd/z': '2' },
  },
  {
    id: '[UP-5] [O09] [SY-24] created there',
    synced: ['a=1'],
    there: (s) => s.write('b', '2'),
    then: { a: '1', b: '2' },
    ops: [],
  },
  {
    id: '[UP-6] [O07] [SY-21] edited there',
    synced: ['a=1'],
    there: (s) => s.write('a', '2'),
    then: { a: '2' },
    ops: [],
  },
  {
    id: '[UP-7] [O06] [SY-21] renamed there',
    synced: ['a=1'],
    there: (s) => s.move('a', 'b'),
    then: { a: '1', b: '1' },
    ops: ['cloudUpload'],
  },
  {
    id: '[UP-7] [SY-21] renamed on both sides alike',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.move('a', 'b'),
    then: { b: '1' },
    ops: ['link'],
  },
  {
    id: '[UP-7] [SY-21] moved here and elsewhere there',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.move('a', 'c'),
    then: { b: '1', c: '1' },
    ops: ['cloudUpload'],
  },
  {
    id: '[UP-7] [SY-21] edited here, moved there',
    synced: ['a=1'],
    here: (s) => s.write('a', '2'),
    there: (s) => s.move('a', 'b'),
    then: { a: '2', b: '1' },
  },
  {
    id: '[UP-7] [SY-21] a folder moved there with what it holds',
    synced: ['d/f', 'd/e/g'],
    there: (s) => s.move('d', 'n'),
    then: {
      d: 'folder',
      'd/f': 'd/f',
      'd/e': 'folder',
      'd/e/g': 'd/e/g',
      n: 'folder',
      'n/f': 'd/f',
      'n/e': 'folder',
      'n/e/g': 'd/e/g',
    },
  },
  {
    id: '[UP-8] [O04] [SY-20] deleted there',
    synced: ['a=1'],
    there: (s) => s.remove('a'),
    then: { a: '1' },
    ops: ['cloudUpload'],
  },
  {
    id: '[UP-8] [SY-20] a folder deleted there',
    synced: ['d/f'],
    there: (s) => s.remove('d'),
    then: { d: 'folder', 'd/f': 'd/f' },
    ops: ['cloudCreateFolder', 'cloudUpload'],
  },
  {
    id: '[UP-8] [SY-20] moved here, deleted there',
    synced: ['a=1'],
    here: (s) => s.move('a', 'b'),
    there: (s) => s.remove('a'),
    then: { b: '1' },
  },
  {
    id: '[UP-9] [SY-9] deleted on both sides',
    synced: ['a=1', 'x'],
    here: (s) => s.remove('a'),
    there: (s) => s.remove('a'),
    then: { x: 'x' },
    ops: ['forget'],
  },
  {
    id: "[SY-20] both sides' moves would form a loop",
    synced: ['A/f', 'B/g'],
    here: (s) => s.move('A', 'B/A'),
    there: (s) => s.move('B', 'A/B'),
    then: {
      'B/A/A': '',
      B: 'folder',
      'B/g': 'B/g',
      'B/A': 'folder',
      'B/A/f': 'A/f',
      'B/A/B': 'folder',
      'B/A/B/g': 'B/g',
    },
  },
  {
    id: '[BI-6] [SY-17] a touch',
    synced: ['a=1'],
    here: (s) => s.touch('a', 5),
    then: { a: '1' },
    ops: ['cloudSetMeta'],
  },
  {
    id: "[SY-18] a name that somebody else's folder has",
    synced: ['x'],
    here: (s) => s.write('n', '1'),
    there: (s) => s.mkdir('n'),
    then: { x: 'x', n: 'folder', 'n (file)': '1' },
  },
];

describe('upload mode', () => {
  it.each(ROWS)('$id', ({ synced, policy = UPLOAD, here, there, then, ops }) => {
    const story = new Scenario(synced, { policy });
    here?.(story.here);
    there?.(story.there);
    const disk = story.here.tree();
    const ran = story.sync();
    const { 'B/A/A': _none, ...expected } = then as Record<string, string>;
    expect(story.there.tree()).toEqual(
      Object.fromEntries(Object.entries(expected).sort(([a], [b]) => (a < b ? -1 : 1))),
    );
    expect(story.here.tree()).toEqual(disk);
    expect(story.ops().filter((op) => op.op.startsWith('local'))).toEqual([]);
    if (ops) expect(ran).toEqual(ops);
    expect(story.sync(), '[D18] a second run has nothing to do').toEqual([]);
  });

  it('[O01] makes a version when a name comes back that was deleted without the switch', () => {
    const story = new Scenario(['a=1'], { policy: UPLOAD });
    story.here.remove('a');
    story.sync();
    story.here.write('a', '2');
    expect(story.sync()).toEqual(['cloudUpload']);
    expect(story.versionsOf('a')).toEqual(['1', '2']);
  });

  it('[O03] [UP-11] deletes nothing that was deleted before the switch was turned on', () => {
    const story = new Scenario(['a=1', 'b=2'], { policy: UPLOAD });
    story.here.remove('a');
    story.sync();
    story.device.policy = UPLOAD_AND_DELETE;
    story.here.remove('b');
    expect(story.sync()).toEqual(['cloudTrash']);
    expect(story.there.tree()).toEqual({ a: '1' });
  });

  it('[O05] [UP-8] uploads nothing again that was deleted here first', () => {
    const story = new Scenario(['a=1', 'x'], { policy: UPLOAD });
    story.here.remove('a');
    story.sync();
    story.there.remove('a');
    expect(story.sync()).toEqual(['forget']);
    expect(story.there.tree()).toEqual({ x: 'x' });
  });

  it('[O08] [UP-6] puts the next edit on top of a foreign head, both in history', () => {
    const story = new Scenario(['a=1'], { policy: UPLOAD });
    story.there.write('a', '2');
    story.sync();
    story.here.write('a', '3');
    expect(story.sync()).toEqual(['cloudUpload']);
    expect(story.versionsOf('a')).toEqual(['1', '2', '3']);
  });

  it.each([0, 1, 2, 3])(
    '[O12] [K01] leaves no duplicate of a moved folder when it crashes after %i operations',
    (after) => {
      for (const losesAnswers of [false, true]) {
        const story = new Scenario(['A/f', 'A/g/h', 'B/'], { policy: UPLOAD });
        const id = story.idOf('A');
        story.here.move('A', 'B/A');
        story.device.cycle(() => 0, { after, losesAnswers });
        story.device.restart();
        story.sync();
        expect(story.there.tree()).toEqual({
          ...{ B: 'folder', 'B/A': 'folder', 'B/A/f': 'A/f', 'B/A/g': 'folder', 'B/A/g/h': 'A/g/h' },
        });
        expect(story.idOf('B/A')).toBe(id);
      }
    },
  );

  it('[O20] [SY-22] deletes nothing when the folder becomes bidirectional, which takes a new task', () => {
    const story = new Scenario(['a=1', 'b=2', 'c=3'], { policy: UPLOAD });
    story.here.remove('a');
    story.there.write('b', '4');
    story.there.write('foreign', '5');
    story.sync();
    story.device.beginAnew();
    story.device.policy = { mode: 'bidirectional' };
    const ran = story.sync();
    expect(story.here.tree()).toEqual({ a: '1', b: '2', c: '3', foreign: '5' });
    expect(story.there.tree()).toEqual(story.here.tree());
    expect(story.versionsOf('b')).toEqual(['2', '4', '2']);
    expect(ran.filter((op) => op.endsWith('Trash'))).toEqual([]);
  });

  it('[BI-9] [SY-18] calls a file that meets a folder of others a file, also where the folder was ours until it was moved there', () => {
    const story = new Scenario(['a/'], { policy: UPLOAD });
    story.here.write('n', '1');
    story.there.move('a', 'n');
    story.sync();
    expect(story.there.tree()).toEqual({ a: 'folder', n: 'folder', 'n (file)': '1' });
  });

  it('[SY-21] gives a file in a folder made anew its own name, whatever others put into the folder that was moved away', () => {
    const story = new Scenario(['a/'], { policy: UPLOAD });
    story.here.write('a/f', '1');
    story.there.move('a', 'n');
    story.there.mkdir('n/f');
    story.sync();
    expect(story.there.tree()).toEqual({ a: 'folder', 'a/f': '1', n: 'folder', 'n/f': 'folder' });
  });

  it('[SY-21] lets go of a file in a folder that was moved there, also when the folder is gone here', () => {
    const story = new Scenario(['a/f=1', 'x'], { policy: UPLOAD_AND_DELETE });
    story.here.move('a/f', 'g');
    story.here.remove('a');
    story.there.move('a', 'n');
    story.sync();
    expect(story.there.tree()).toEqual({ g: '1', n: 'folder', 'n/f': '1', x: 'x' });
  });

  it('[FI-3] [SY-4] merges a folder with one that was made anew in its place, and uploads a file anew beside it', () => {
    const story = new Scenario(['d/f=1', 'a=1'], { policy: UPLOAD });
    story.there.remove('d');
    story.there.write('d/z', '2');
    story.there.remove('a');
    story.there.write('a', '3');
    story.sync();
    expect(story.there.tree()).toEqual({ a: '3', 'a (2)': '1', d: 'folder', 'd/f': '1', 'd/z': '2' });
  });

  it('[UP-7] never takes a node that somebody moved to a name for the new one', () => {
    const story = new Scenario(['a=1', 'b=2'], { policy: UPLOAD });
    story.there.move('a', 't');
    story.there.move('b', 'a');
    story.there.move('t', 'b');
    story.sync();
    expect(story.there.tree()).toEqual({ a: '2', b: '1', 'a (2)': '1', 'b (2)': '2' });
    expect(story.sync()).toEqual([]);
  });
});

describe('first sync', () => {
  const story = (
    here: readonly [string, string][],
    there: readonly [string, string][],
    policy: Partial<SyncPolicy> = {},
  ) => {
    const made = new Scenario([], { policy });
    for (const [path, token] of here) made.here.write(path, token);
    for (const [path, token] of there) made.there.write(path, token);
    const ran = made.sync();
    return { made, ran };
  };

  it('[F01] [FI-1] [SY-15] makes the local content a new version, without a copy', () => {
    const { made } = story([['a', '1']], [['a', '2']]);
    expect(made.here.tree()).toEqual({ a: '1' });
    expect(made.versionsOf('a')).toEqual(['2', '1']);
  });

  it('[F02] [FI-1] [SY-4] links equal files without a transfer', () => {
    const { ran } = story([['a', '1']], [['a', '1']]);
    expect(ran).toEqual(['link', 'localSetMeta']);
  });

  it('[F03] [FI-1] makes a version in upload mode, too', () => {
    const { made } = story([['a', '1']], [['a', '2']], UPLOAD);
    expect(made.versionsOf('a')).toEqual(['2', '1']);
    expect(made.here.tree()).toEqual({ a: '1' });
  });

  it('[F04] [FI-2] [SY-13] renames the file that meets a folder there', () => {
    const { made } = story([['n', '1']], [['n/c1', '2']]);
    expect(made.here.tree()).toEqual({ n: 'folder', 'n/c1': '2', 'n (file)': '1' });
    expect(made.there.tree()).toEqual(made.here.tree());
  });

  it('[F05] [FI-2] [SY-13] renames the file there that meets a folder', () => {
    const { made } = story([['n/f', '1']], [['n', '2']]);
    expect(made.here.tree()).toEqual({ n: 'folder', 'n/f': '1', 'n (file)': '2' });
    expect(made.there.tree()).toEqual(made.here.tree());
  });

  it('[F06] [FI-2] [SY-18] maps the name in the cloud in upload mode', () => {
    const { made } = story([['n/f', '1']], [['n', '2']], UPLOAD);
    expect(made.here.tree()).toEqual({ n: 'folder', 'n/f': '1' });
    expect(made.there.tree()).toEqual({ n: '2', 'n (2)': 'folder', 'n (2)/f': '1' });
    made.here.write('n/g', '3');
    made.sync();
    expect(made.there.tree()).toMatchObject({ 'n (2)/g': '3' });
  });

  it('[F07] [F08] [F09] [F11] [FI-3] merges folders and deletes nothing', () => {
    const { made } = story(
      [
        ['d/x', '1'],
        ['a', '2'],
      ],
      [
        ['d/y', '3'],
        ['b', '4'],
      ],
    );
    expect(made.here.tree()).toEqual({ a: '2', b: '4', d: 'folder', 'd/x': '1', 'd/y': '3' });
    expect(made.there.tree()).toEqual(made.here.tree());
  });

  it('[F12] [FI-4] [SY-16] deletes nothing when its state was lost, and keeps both of contents that differ', () => {
    const made = new Scenario(['a=1', 'b=2', 'c=3', 'd=4']);
    made.here.remove('a');
    made.there.remove('b');
    made.here.write('c', '5');
    made.device.loseState();
    made.sync();
    const copy = 'c (conflict PC1 2026-01-02 0304)';
    expect(made.here.tree()).toEqual({ a: '1', b: '2', c: '3', [copy]: '5', d: '4' });
    expect(made.there.tree()).toEqual(made.here.tree());
  });

  it.each([
    { kept: false, head: '1', what: 'sends again what a restored server has no version of any more' },
    { kept: true, head: 'theirs', what: 'leaves what others wrote on top of a version that the server still has' },
  ])('[G08] [UP-6] [SA-5] [SY-16] upload mode: $what', ({ kept, head }) => {
    const made = new Scenario(['a=1'], { policy: UPLOAD });
    made.there.write('a', 'theirs');
    made.device.policy = { ...UPLOAD, recovery: true, isKept: () => kept };
    made.sync();
    expect(made.there.tree()).toEqual({ a: head });
    expect(made.here.tree()).toEqual({ a: '1' });
  });

  it('[G08] [SY-16] uploads over what a restored server has of old, and what it lacks', () => {
    const made = new Scenario(['a=1', 'b=2']);
    made.device.policy = { recovery: true };
    const { base } = made.device.journal;
    const row = base.byCloudId(made.idOf('a'));
    if (!row) throw new Error('a is in base');
    made.there.remove('b');
    made.there.write('a', 'old');
    made.device.journal.advance({ rows: [{ ...row, rev: row.rev + 10 }] });
    made.world.devices[0]?.cycle(() => 0);
    expect(made.there.tree()).toEqual({ a: '1', b: '2' });
  });
});
