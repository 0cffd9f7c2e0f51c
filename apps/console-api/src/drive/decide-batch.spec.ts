import {
  ATOMS,
  type Atom,
  type BatchOp,
  type BatchOutcome,
  type DriveNode,
  type NodeId,
  type OpId,
  type VersionId,
} from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { BatchTree } from './batch-tree.ts';
import { decideBatch, type BatchInput } from './decide-batch.ts';

const id = (text: string) => text as NodeId;
const node = (over: Partial<DriveNode> & { id: NodeId }): DriveNode => ({
  parentId: id('root'),
  name: over.id,
  kind: 'folder',
  rev: 1,
  seq: 1,
  versionId: null,
  contentId: null,
  size: null,
  mtimeMs: null,
  exec: false,
  trashedAt: null,
  ...over,
});
const ROOT = node({ id: id('root'), parentId: null, name: '' });
/** root / a / b, root / c, and the file f in the root. */
const NODES = [
  ROOT,
  node({ id: id('a') }),
  node({ id: id('b'), parentId: id('a') }),
  node({ id: id('c') }),
  node({ id: id('f'), kind: 'file', size: 1 }),
];
const everything = new Map(NODES.map((each) => [String(each.id), { atoms: new Set<Atom>(ATOMS) }]));

let counter = 0;
const op = (rest: Record<string, unknown>): BatchOp => ({ opId: `op${++counter}` as OpId, ...rest }) as BatchOp;
const folder = (nodeId: string, parentId: string, name = nodeId) =>
  op({ kind: 'createFolder', nodeId, parentId, name });
const file = (nodeId: string, parentId: string, size = 1) =>
  op({ kind: 'createFile', nodeId, parentId, name: nodeId, content: { size, chunks: [] }, mtimeMs: 1, exec: false });
const move = (nodeId: string, parentId: string, name = nodeId) => op({ kind: 'move', nodeId, parentId, name });
const trash = (nodeId: string) => op({ kind: 'trash', nodeId });
const restore = (nodeId: string) => op({ kind: 'restore', nodeId });

function decide(ops: BatchOp[], over: Partial<BatchInput> & { rights?: typeof everything; nodes?: DriveNode[] } = {}) {
  const { rights = everything, nodes = NODES, ...rest } = over;
  return decideBatch({
    ops,
    atomic: false,
    answered: new Map(),
    tree: new BatchTree(nodes, rights),
    takenIds: new Set(),
    purged: new Set(),
    lostPaths: new Map(),
    newNodeId: () => id(`made${++counter}`),
    unusable: new Map(),
    changedSubtrees: new Set(),
    roomBytes: null,
    keptBytes: new Map(),
    seq: 10,
    now: '2026-01-01T00:00:00.000Z',
    newVersionId: () => 'v' as VersionId,
    contentIdOf: () => 'c' as never,
    ...rest,
  });
}
const words = (outcomes: readonly BatchOutcome[]) =>
  outcomes.map((each) => (each.status === 'refused' ? each.code : 'done'));

describe('decideBatch', () => {
  const table: [name: string, ops: BatchOp[], itemByItem: string[], atomic: string[]][] = [
    [
      'a name taken by a node that leaves in the same batch',
      [move('a', 'c'), folder('x', 'root', 'a')],
      ['done', 'done'],
      ['done', 'done'],
    ],
    ['a name freed only later', [folder('x', 'root', 'a'), move('a', 'c')], ['NAME_TAKEN', 'done'], ['done', 'done']],
    ['a name freed by the bin', [trash('a'), folder('x', 'root', 'a')], ['done', 'done'], ['done', 'done']],
    ['a swap', [move('a', 'root', 'c'), move('c', 'root', 'a')], ['NAME_TAKEN', 'NAME_TAKEN'], ['done', 'done']],
    ['a folder moved into itself', [move('a', 'b')], ['MOVE_CYCLE'], ['MOVE_CYCLE']],
    ['parent and child turned round', [move('a', 'b'), move('b', 'root')], ['MOVE_CYCLE', 'done'], ['done', 'done']],
    [
      'a folder moved out of one that goes to the bin',
      [move('b', 'root'), trash('a')],
      ['done', 'done'],
      ['done', 'done'],
    ],
    ['a child of a folder of the same batch', [folder('x', 'a'), file('y', 'x')], ['done', 'done'], ['done', 'done']],
    [
      'a child before its folder',
      [file('y', 'x'), folder('x', 'a')],
      ['PARENT_UNKNOWN', 'done'],
      ['PARENT_UNKNOWN', 'BATCH_ABORTED'],
    ],
    [
      'a child of a folder that goes to the bin',
      [trash('a'), folder('x', 'b')],
      ['done', 'PARENT_TRASHED'],
      ['BATCH_ABORTED', 'PARENT_TRASHED'],
    ],
    [
      'the same id twice',
      [folder('x', 'a'), folder('x', 'c')],
      ['done', 'NODE_ID_TAKEN'],
      ['BATCH_ABORTED', 'NODE_ID_TAKEN'],
    ],
    ['the bin and back', [trash('a'), restore('a')], ['done', 'done'], ['done', 'done']],
    [
      'back after its name was taken',
      [trash('a'), folder('x', 'root', 'a'), restore('a')],
      ['done', 'done', 'NAME_TAKEN'],
      ['BATCH_ABORTED', 'NAME_TAKEN', 'NAME_TAKEN'],
    ],
    [
      'a file as a parent',
      [folder('x', 'f'), move('a', 'f')],
      ['PARENT_NOT_FOLDER', 'PARENT_NOT_FOLDER'],
      ['PARENT_NOT_FOLDER', 'PARENT_NOT_FOLDER'],
    ],
  ];
  it.each(table)('%s', (_, ops, itemByItem, atomic) => {
    expect(words(decide(ops).outcomes)).toEqual(itemByItem);
    const whole = decide(ops, { atomic: true });
    expect(words(whole.outcomes)).toEqual(atomic);
    expect(whole.changes).toHaveLength(atomic.every((word) => word === 'done') ? ops.length : 0);
  });

  it('gives each change the next seq and each node its next rev', () => {
    const { changes } = decide([folder('x', 'a'), folder('x', 'c'), move('x', 'c'), move('a', 'root', 'z')]);
    expect(changes.map(({ after }) => [after.id, after.seq, after.rev])).toEqual([
      ['x', 11, 1],
      ['x', 12, 2],
      ['a', 13, 2],
    ]);
  });

  it('changes nothing by a move to where the node is', () => {
    const decision = decide([move('a', 'root', 'a')]);
    expect(words(decision.outcomes)).toEqual(['done']);
    expect(decision.changes).toEqual([]);
  });

  it('undoes a refused move, so that later operations see the place it had', () => {
    const { outcomes } = decide([move('a', 'b'), folder('x', 'root', 'a'), folder('y', 'a')]);
    expect(words(outcomes)).toEqual(['MOVE_CYCLE', 'NAME_TAKEN', 'done']);
  });

  it('repeats answers it gave before and does not carry them out again', () => {
    const again = folder('x', 'a');
    const before: BatchOutcome = { status: 'done', opId: again.opId, node: node({ id: id('old answer') }) };
    const decision = decide([again, folder('y', 'a')], { answered: new Map([[again.opId, before]]) });
    expect(decision.outcomes[0]).toBe(before);
    expect(decision.changes.map(({ after }) => after.id)).toEqual(['y']);
  });

  it('[VE-3] counts the room that earlier operations of the batch took', () => {
    const ops = [file('x', 'a', 6), file('y', 'a', 6), file('z', 'a', 4)];
    expect(words(decide(ops, { roomBytes: 10 }).outcomes)).toEqual(['done', 'QUOTA_EXCEEDED', 'done']);
  });

  it('[VE-3] gives room that is kept for one operation to no other, and what that one does not need to all', () => {
    const ops = [file('x', 'a', 4), file('y', 'a', 9), file('z', 'a', 4), file('w', 'a', 3)];
    const keptBytes = new Map([[String(ops[1]?.opId), 12]]);
    const expected = ['QUOTA_EXCEEDED', 'done', 'QUOTA_EXCEEDED', 'done'];
    expect(words(decide(ops, { roomBytes: 0, keptBytes }).outcomes)).toEqual(expected);
    expect(words(decide(ops.slice(1, 2), { roomBytes: -5, keptBytes }).outcomes)).toEqual(['QUOTA_EXCEEDED']);
  });

  describe('[PE-6] needs the atom of each change', () => {
    const only = (...atoms: Atom[]) => new Map(NODES.map((each) => [String(each.id), { atoms: new Set<Atom>(atoms) }]));
    it.each([
      ['create', folder('n1', 'a')],
      ['update', op({ kind: 'setMeta', nodeId: 'f', mtimeMs: 5, exec: true })],
      ['move', move('c', 'root', 'renamed')],
      ['delete', trash('c')],
    ] as const)('%s', (atom, change) => {
      expect(words(decide([change], { rights: only('visible', 'list', atom) }).outcomes)).toEqual(['done']);
      const others = ATOMS.filter((each) => each !== atom);
      expect(words(decide([change], { rights: only(...others) }).outcomes)).toEqual(['FORBIDDEN']);
    });

    it('create on the new folder of a move, and to list the same one for a new name in it', () => {
      const rights = only('visible', 'list', 'move');
      expect(words(decide([move('c', 'a')], { rights }).outcomes)).toEqual(['FORBIDDEN']);
      const renamed = move('c', 'root', 'renamed');
      expect(words(decide([renamed], { rights }).outcomes)).toEqual(['done']);
      expect(words(decide([renamed], { rights: only('visible', 'move') }).outcomes)).toEqual(['FORBIDDEN']);
    });

    it('tells an invisible node like one that is not there', () => {
      const hidden = new Map([['root', { atoms: new Set<Atom>(ATOMS) }]]);
      const { outcomes } = decide([trash('a'), folder('x', 'a'), folder('y', 'root', 'a')], { rights: hidden });
      expect(outcomes).toMatchObject([
        { code: 'NODE_UNKNOWN', node: null },
        { code: 'PARENT_UNKNOWN', node: null },
        { code: 'NAME_TAKEN', node: null },
      ]);
    });
  });
});
