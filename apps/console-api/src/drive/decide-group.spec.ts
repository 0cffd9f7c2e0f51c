import {
  ATOMS,
  type Atom,
  type BatchOp,
  type BatchOutcome,
  type DriveNode,
  type NodeId,
  type VersionId,
} from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { reservationIdOf, reservationsOf } from '../quota/reservation-id.ts';
import { BatchTree } from './batch-tree.ts';
import { decideBatch } from './decide-batch.ts';
import { decideGroup, type GroupBatch } from './decide-group.ts';

type Random = (below: number) => number;
const ALL = new Set<Atom>(ATOMS);
const ROOT = toNode('root', null, 'folder');

function toNode(id: string, parentId: string | null, kind: 'file' | 'folder'): DriveNode {
  const content = kind === 'file' ? { versionId: 'v0', contentId: 'c', size: 1 } : {};
  const blank = { versionId: null, contentId: null, size: null, mtimeMs: null, exec: false, trashedAt: null };
  return { ...blank, id, parentId, name: parentId ? id : '', kind, rev: 1, seq: 1, ...content } as DriveNode;
}

/** mulberry32 */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const NAMES = ['a', 'b', 'c', 'x', 'y'];
const KINDS = ['createFolder', 'createFile', 'putVersion', 'setMeta', 'move', 'move', 'trash', 'restore'] as const;

function randomOp(random: Random): BatchOp {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const kind = pick(KINDS);
  const place = { parentId: pick(['root', ...IDS]), name: pick(NAMES) };
  const size = 1 + random(3);
  const op = {
    kind,
    opId: `op${random(60)}`,
    nodeId: pick(IDS),
    content: { size, chunks: [] },
    mtimeMs: random(3),
    exec: false,
  };
  if (kind === 'restore') return { ...op, ...(random(2) ? { to: place } : {}) } as unknown as BatchOp;
  return { ...op, ...place, ...(random(4) ? {} : { ifMatch: random(3) }) } as unknown as BatchOp;
}

function randomBatch(random: Random, rights: GroupBatch['rights'][]): GroupBatch {
  const ops = Array.from({ length: 1 + random(5) }, () => randomOp(random));
  const actor = random(2);
  return {
    ops: [...new Map(ops.map((op) => [op.opId, op])).values()],
    atomic: random(3) === 0,
    author: { actorId: `actor${actor}`, userId: `user${actor}`, deviceId: null, origin: 'sync' },
    rights: rights[actor]!,
    unusable: new Map(),
  };
}

function newContext() {
  let versions = 0;
  let made = 0;
  return {
    changedSubtrees: new Set<string>(),
    lostPaths: new Map<string, string[]>(),
    newNodeId: () => `n${(made += 1)}` as NodeId,
    now: '2026-01-01T00:00:00.000Z',
    newVersionId: () => `v${(versions += 1)}` as VersionId,
    contentIdOf: () => 'c' as never,
  };
}

/** Each batch for itself, against what the database would hold after the ones before. */
function decideOneByOne(batches: readonly GroupBatch[], start: State) {
  const context = newContext();
  const nodes = new Map(start.nodes.map((node) => [String(node.id), node]));
  const answered = new Map<string, BatchOutcome>();
  const reserved = new Map(start.reserved);
  const created = new Set<string>();
  let { seq, usedBytes } = start;
  return batches.map((batch) => {
    const { actorId } = batch.author;
    const promised = [...reserved.values()].reduce((sum, bytes) => sum + bytes, 0);
    const own = reservationsOf(actorId, batch.ops);
    const ofActor = batch.ops.flatMap(({ opId }) => {
      const outcome = answered.get(`${actorId} ${opId}`);
      return outcome ? [[opId, outcome] as const] : [];
    });
    // what earlier batches made has the rights of where it was made: all of the root, in this model
    const rights = new Map([...batch.rights, ...[...created].map((id) => [id, { atoms: ALL }] as const)]);
    const decision = decideBatch({
      ...{ ...context, ops: batch.ops, atomic: batch.atomic, unusable: new Map(), seq },
      answered: new Map(ofActor),
      tree: new BatchTree([...nodes.values()], rights),
      takenIds: new Set(),
      purged: new Set(),
      roomBytes: start.quotaBytes - usedBytes - promised,
      keptBytes: new Map([...own].map(([opId, id]) => [opId, reserved.get(id) ?? 0])),
    });
    for (const { after, before, version } of decision.changes) {
      if (!before) created.add(after.id);
      nodes.set(after.id, after);
      usedBytes += version?.size ?? 0;
    }
    const changed = new Set(decision.changes.map(({ opId }) => opId));
    for (const outcome of decision.outcomes) {
      if (changed.has(outcome.opId)) answered.set(`${actorId} ${outcome.opId}`, outcome);
      if (outcome.status === 'done') reserved.delete(own.get(outcome.opId) ?? '');
    }
    seq += decision.changes.length;
    return { seq, outcomes: decision.outcomes, changes: decision.changes };
  });
}

const RESERVED = new Map([
  [reservationIdOf('actor0', 'op1'), 2],
  [reservationIdOf('actor1', 'op7'), 1],
  [reservationIdOf('nobody', 'op9'), 1],
]);

type State = {
  readonly nodes: readonly DriveNode[];
  readonly seq: number;
  readonly quotaBytes: number;
  readonly usedBytes: number;
  readonly reserved: ReadonlyMap<string, number>;
};

function decideTogether(batches: readonly GroupBatch[], { nodes, seq, quotaBytes, usedBytes, reserved }: State) {
  const reservedBytes = [...reserved.values()].reduce((sum, bytes) => sum + bytes, 0);
  return decideGroup({
    ...{ ...newContext(), batches, reserved, answered: new Map() },
    found: { nodes: [...nodes], takenIds: new Set(), purged: new Set(), lost: new Set() },
    space: { seq, epoch: 'e', capsRev: 0, quotaBytes, usedBytes, reservedBytes },
  }).map((decision) => ({ seq: decision.seq, outcomes: decision.outcomes, changes: decision.changes }));
}

describe('decideGroup', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))(
    'decides as if one batch followed the other, seed %i',
    (seed) => {
      const random = seeded(seed);
      const nodes = [ROOT, toNode('a', 'root', 'folder'), toNode('b', 'a', 'folder'), toNode('c', 'root', 'file')];
      const everything = new Map(nodes.map((node) => [String(node.id), { atoms: ALL }]));
      const batches = Array.from({ length: 2 + random(6) }, () => randomBatch(random, [everything, everything]));
      const state = {
        nodes,
        seq: 7,
        quotaBytes: 8,
        usedBytes: 1,
        reserved: RESERVED,
      };
      expect(decideTogether(batches, state)).toEqual(decideOneByOne(batches, state));
    },
  );

  it('shows each caller only what the caller may see, also of what the others of the group made', () => {
    const secret = toNode('secret', 'root', 'folder');
    const open = toNode('open', 'root', 'folder');
    const mine = new Map([ROOT, secret, open].map((node) => [String(node.id), { atoms: ALL }]));
    const theirs = new Map([[String(open.id), { atoms: ALL }]]);
    const folder = (opId: string, nodeId: string, parentId: string) =>
      ({ kind: 'createFolder', opId, nodeId, parentId, name: nodeId }) as unknown as BatchOp;
    const batchOf = (actorId: string, rights: GroupBatch['rights'], ops: BatchOp[]): GroupBatch => ({
      ...{ ops, atomic: false, rights, unusable: new Map() },
      author: { actorId, userId: actorId, deviceId: null, origin: 'sync' },
    });
    const decisions = decideTogether(
      [
        batchOf('me', mine, [folder('1', 'in secret', 'secret'), folder('2', 'in open', 'open')]),
        batchOf('they', theirs, [folder('3', 'x', 'in secret'), folder('4', 'y', 'in open')]),
      ],
      { nodes: [ROOT, secret, open], seq: 1, quotaBytes: 1, usedBytes: 0, reserved: new Map() },
    );
    expect(decisions[1]?.outcomes).toMatchObject([{ code: 'PARENT_UNKNOWN', node: null }, { status: 'done' }]);
  });
});
