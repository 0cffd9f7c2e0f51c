import type { BatchOp, NodeId, SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersonPrincipal } from '../platform/principal.ts';
import { countBuffers } from '../testing/count-buffers.ts';
import { listChildren } from './browse.store.ts';
import { bytesOf, DriveWorld, newId, ops } from './testing/drive-world.ts';
import { plantFiles } from './testing/plant-files.ts';

const FILES = 100_000;
let world: DriveWorld;
let person: PersonPrincipal;
let spaceId: SpaceId;
let rootId: NodeId;
const big = newId<NodeId>();
beforeAll(async () => {
  world = await DriveWorld.open();
  ({ person, spaceId, rootId } = await world.owner());
  await world.commit(person, spaceId, [ops.folder(rootId, 'big', big), ops.folder(rootId, 'other')]);
  await plantFiles(world, { spaceId, folderId: big }, FILES);
}, 120_000);
afterAll(() => world.close());

async function written(afterSeq: number): Promise<number> {
  const [row] = await world.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM node_history WHERE space_id = $1 AND (from_seq > $2 OR to_seq > $2)`,
    [spaceId, afterSeq],
  );
  return row?.n ?? 0;
}

async function pages(
  limit: number,
  between: (page: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const names: string[] = [];
  for (let [after, page] = [undefined as string | undefined, 0]; ; page++) {
    const answer = await world.browse.listFolder(person, big, { after, limit });
    names.push(...answer.nodes.map((node) => node.name));
    if (answer.next === null) return names;
    after = answer.next;
    await between(page);
  }
}

describe('a folder of 100,000 files', () => {
  it('moves, goes to the bin and comes back by one row each', async () => {
    const folder = ops.folder(rootId, 'into');
    const { seq } = await world.commit(person, spaceId, [folder]);
    for (const op of [
      ops.move(big, folder.nodeId, 'moved'),
      ops.trash(big),
      ops.restore(big),
      ops.move(big, rootId, 'big'),
    ]) {
      expect(await world.one(person, spaceId, op)).toMatchObject({ status: 'done' });
    }
    expect(await written(seq)).toBe(5); // four new states, and the one that the first of them ended
  });

  it('is not moved into a folder far below itself', async () => {
    let deepest = big;
    const chain = Array.from({ length: 30 }, (_, at) => {
      const folder = ops.folder(deepest, `level ${at}`);
      deepest = folder.nodeId;
      return folder;
    });
    await world.commit(person, spaceId, chain);
    expect(await world.one(person, spaceId, ops.move(big, deepest, 'big'))).toMatchObject({ code: 'MOVE_CYCLE' });
    await world.commit(person, spaceId, [ops.trash(chain[0]!.nodeId)]);
  });

  it('is paged whole, each file once, while others are added, renamed and removed', async () => {
    const before = await pages(10_000);
    expect(before).toHaveLength(FILES);
    expect(new Set(before).size).toBe(FILES);
    const removed = new Set<string>();
    const listed = await pages(10_000, async (page) => {
      const gone = before[before.length - 1 - page];
      const [node] = await world.sql<{ id: NodeId }>(
        `SELECT id FROM node WHERE space_id = $1 AND parent_id = $2 AND live_name = $3`,
        [spaceId, big, gone],
      );
      if (!gone || !node) throw new Error('nothing to remove');
      removed.add(gone);
      const added = ops.file(big, `a new one ${page}`, { bytes: bytesOf('') });
      await world.commit(person, spaceId, [added, ops.trash(node.id)]);
    });
    const kept = listed.filter((name) => !name.startsWith('a new one'));
    expect(kept).toEqual(before.filter((name) => !removed.has(name)));
  }, 120_000);
});

describe('a page of a folder of 100,000 files', () => {
  const hidden = { shows: 'all but', ids: [newId<NodeId>()] } as const;
  it.each([
    [undefined, { shows: 'all' }],
    [[1, 'f5'], { shows: 'all' }],
    [[1, 'f5'], hidden],
  ] as const)('reads no more than it holds (after %j, %j)', async (after, sight) => {
    const children = { enterpriseId: world.enterpriseId, spaceId, parentId: big, sight, foldersOnly: false };
    let found: Awaited<ReturnType<typeof listChildren>> | undefined;
    const buffers = await countBuffers(world.manager, async (manager) => {
      found = await listChildren(manager, children, { after, limit: 100 });
    });
    expect(found?.nodes).toHaveLength(100);
    expect(buffers).toBeLessThan(1000); // sorting all children took 3,000 and more
  });

  it('costs next to nothing to who sees one of them only', async () => {
    const [file] = await world.sql<{ id: NodeId }>(
      `SELECT id FROM node WHERE space_id = $1 AND parent_id = $2 AND live_name = 'f99'`,
      [spaceId, big],
    );
    const sight = { shows: 'only', ids: [file!.id] } as const;
    const children = { enterpriseId: world.enterpriseId, spaceId, parentId: big, sight, foldersOnly: false };
    let found: Awaited<ReturnType<typeof listChildren>> | undefined;
    const buffers = await countBuffers(world.manager, async (manager) => {
      found = await listChildren(manager, children, { after: undefined, limit: 100 });
    });
    expect([found?.nodes.length, found?.next]).toEqual([1, null]);
    expect(buffers).toBeLessThan(100);
  });
});

describe('finding the open state of what a batch changes', () => {
  async function buffersOf(drive: DriveWorld, by: PersonPrincipal, moves: readonly BatchOp[]) {
    const request = { atomic: false, inline: [], ops: [...moves] };
    const pack = { packId: undefined, sizeBytes: 0, packed: [], proven: [] };
    const [space] = await drive.sql<{ id: SpaceId }>(`SELECT space_id AS id FROM node WHERE id = $1`, [
      moves[0]?.nodeId,
    ]);
    const batch = { principal: by, spaceId: space!.id, request, pack };
    return drive.database.dataSource.transaction((inside) =>
      countBuffers(inside, (manager) => drive.commits.commitIn(manager, batch)),
    );
  }

  it.each([1000, 12_000])(
    'reads no more than that in a young space of %i files',
    async (count) => {
      const young = await DriveWorld.open();
      try {
        const owner = await young.owner();
        await plantFiles(young, { spaceId: owner.spaceId, folderId: owner.rootId }, count);
        const files = await young.sql<{ id: NodeId }>(`SELECT id FROM node WHERE kind = 'file' ORDER BY seq LIMIT 300`);
        const moves = files.map(({ id }, at) => ops.move(id, owner.rootId, `moved ${at}`));
        const buffers = await buffersOf(young, owner.person, moves);
        expect(buffers).toBeLessThan(300 * 100); // by the index of the feed it took 110,000
      } finally {
        await young.close();
      }
    },
    60_000,
  );

  it('reads no more for a file of 2,000 states than for one of a single state', async () => {
    const [young, old] = ['young', 'old'].map((name) => ops.file(rootId, name, { bytes: bytesOf('') }));
    await world.commit(person, spaceId, [young!, old!]);
    for (let batch = 0; batch < 4; batch++) {
      const moves = Array.from({ length: 500 }, (_, at) => ops.move(old!.nodeId, rootId, `old ${batch} ${at}`));
      await world.commit(person, spaceId, moves);
    }
    const buffers = await buffersOf(world, person, [ops.move(young!.nodeId, rootId, 'young again')]);
    const ofOld = await buffersOf(world, person, [ops.move(old!.nodeId, rootId, 'old again')]);
    expect(ofOld).toBeLessThan(buffers + 20); // reading all states took 77 more
    const open = await world.sql(`SELECT name FROM node_history WHERE node_id = $1 AND to_seq IS NULL`, [old!.nodeId]);
    expect(open).toEqual([{ name: 'old again' }]);
  }, 60_000);
});

describe('[BI-8] names', () => {
  it('are held in NFC, unique by exact name, to 255 bytes and no further', async () => {
    const nfd = ops.folder(rootId, 'Cafe\u0301'.normalize('NFC'));
    const upper = ops.folder(rootId, 'CAFÉ');
    const longest = ops.folder(rootId, 'é'.repeat(127) + 'x');
    const { outcomes } = await world
      .commit(person, spaceId, [
        nfd,
        upper,
        longest,
        ops.folder(rootId, 'Cafe\u0301'),
        ops.folder(rootId, 'é'.repeat(128)),
        ops.folder(rootId, 'con:aux?*<>|'),
      ])
      .catch((error: { code: string }) => ({ outcomes: [{ status: error.code }] }));
    expect(outcomes).toEqual([{ status: 'INVALID_INPUT' }]); // a name too long is no batch at all
    const again = await world.commit(person, spaceId, [
      nfd,
      upper,
      longest,
      ops.folder(rootId, 'Cafe\u0301'),
      ops.folder(rootId, 'con:aux?*<>| .'),
    ]);
    expect(again.outcomes.map((each) => (each.status === 'refused' ? each.code : each.node.name))).toEqual([
      'Café',
      'CAFÉ',
      'é'.repeat(127) + 'x',
      'NAME_TAKEN',
      'con:aux?*<>| .',
    ]);
  });

  it('swap and rotate in one batch, also through folders', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ops.folder(rootId, name));
    await world.commit(person, spaceId, [a!, b!, c!, d!]);
    const rotated = [
      ops.move(a!.nodeId, rootId, 'b'),
      ops.move(b!.nodeId, rootId, 'c'),
      ops.move(c!.nodeId, rootId, 'a'),
    ];
    const flipped = [ops.move(d!.nodeId, a!.nodeId, 'b'), ops.move(b!.nodeId, d!.nodeId, 'a')];
    for (const batch of [rotated, flipped]) {
      const { outcomes } = await world.commit(person, spaceId, batch, { atomic: true });
      expect(outcomes.map((outcome) => outcome.status)).toEqual(batch.map(() => 'done'));
    }
    const rows = await world.sql<{ id: string; parent_id: string; name: string }>(
      `SELECT id, parent_id, name FROM node WHERE id = ANY($1)`,
      [[a, b, c, d].map((each) => each!.nodeId)],
    );
    const at = (id: NodeId) => rows.find((row) => row.id === id);
    expect(at(a!.nodeId)).toMatchObject({ parent_id: rootId, name: 'b' });
    expect(at(d!.nodeId)).toMatchObject({ parent_id: a!.nodeId, name: 'b' });
    expect(at(b!.nodeId)).toMatchObject({ parent_id: d!.nodeId, name: 'a' });
    expect(at(c!.nodeId)).toMatchObject({ parent_id: rootId, name: 'a' });
  });
});
