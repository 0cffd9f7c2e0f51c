import type { DriveNode, NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { plantFiles } from '../drive/testing/plant-files.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { countBuffers } from '../testing/count-buffers.ts';
import { dice } from '../testing/dice.ts';
import { listChildrenAt, listFoldersFrom } from './listing.store.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';
import { Mirror } from './testing/mirror.ts';

let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  drive = world.drive;
});
afterAll(() => drive.close());

type Owner = Awaited<ReturnType<DriveWorld['owner']>>;
type Tree = { readonly folders: NodeId[]; readonly files: NodeId[] };

/** Folders in folders, as deep as chance has it, with names that differ by case only among them. */
async function plantTree({ device, spaceId, rootId }: Owner, random: (below: number) => number): Promise<Tree> {
  const folders = [rootId];
  const made = Array.from({ length: 60 }, (_, index) => {
    const parent = folders[Math.max(0, folders.length - 1 - random(6))] ?? rootId;
    const folder = ops.folder(parent, `${index % 2 === 0 ? 'F' : 'f'}older ${index >> 1}`);
    folders.push(folder.nodeId);
    return folder;
  });
  const files = Array.from({ length: 120 }, (_, index) => {
    const parent = folders[random(folders.length)] ?? rootId;
    return ops.file(parent, `x${index}`, { bytes: bytesOf('') });
  });
  await drive.commit(device, spaceId, [...made, ...files]);
  return { folders, files: files.map((file) => file.nodeId) };
}

/** Whatever people do meanwhile; what is refused, such as a folder into itself, does no harm. */
async function disturb({ device, spaceId }: Owner, tree: Tree, random: (below: number) => number): Promise<void> {
  const folder = () => tree.folders[random(tree.folders.length)] as NodeId;
  const moved = () => tree.folders[1 + random(tree.folders.length - 1)] as NodeId;
  const file = () => tree.files[random(tree.files.length)] as NodeId;
  const name = `${random(2) === 0 ? 'A' : 'z'}${random(1_000_000)}`;
  const made = ops.folder(folder(), `new ${name}`);
  tree.folders.push(made.nodeId);
  await drive.commit(device, spaceId, [
    made,
    ops.move(moved(), folder(), `moved ${name}`),
    ops.move(file(), folder(), `file ${name}`),
    ops.trash(random(3) === 0 ? moved() : file()),
    ops.restore(random(3) === 0 ? moved() : file()),
  ]);
}

describe('walk of a listing', () => {
  it.each([1, 2, 3, 4])(
    '[G09] tells each node of a deep tree once and after its folder, whatever moves meanwhile (seed %i)',
    async (seed) => {
      const random = dice(seed);
      const owner = await drive.owner();
      const tree = await plantTree(owner, random);
      const query = { principal: owner.device, spaceId: owner.spaceId, rootId: owner.rootId };
      const mirror = new Mirror(world, query);
      const told: DriveNode[] = [];
      const first = await world.listings.list({ ...query, page: undefined, limit: 1 + random(9) });
      for (let answer = first; ;) {
        for (const node of answer.nodes) {
          expect(node.id === owner.rootId || mirror.nodes.has(String(node.parentId))).toBe(true);
          mirror.nodes.set(node.id, node);
          told.push(node);
        }
        if (answer.nextPage === null) break;
        await disturb(owner, tree, random);
        answer = await world.listings.list({ ...query, page: answer.nextPage, limit: 1 + random(9) });
      }
      expect(told).toHaveLength(first.count + 1);
      expect(mirror.nodes.size).toBe(first.count + 1);
      expect(mirror.digest()).toBe(first.digest);
    },
  );

  it('fills its pages across many folders that hold nothing', async () => {
    const { device, spaceId, rootId } = await drive.owner();
    const folders = Array.from({ length: 450 }, (_, index) => ops.folder(rootId, `e${index}`));
    await drive.commit(device, spaceId, folders);
    const file = ops.file(folders[449]!.nodeId, 'last', { bytes: bytesOf('') });
    await drive.commit(device, spaceId, [file]);
    const query = { principal: device, spaceId, rootId };
    const answer = await world.listings.list({ ...query, page: undefined, limit: 1000 });
    expect(answer.nodes).toHaveLength(452);
    expect(answer.nextPage).toBeNull();
  });

  it('reads the folders that it tells and no other ones of the tree', async () => {
    const { device, spaceId, rootId, person } = await drive.owner();
    const folders = Array.from({ length: 3000 }, (_, index) =>
      ops.folder(rootId, `e${String(index).padStart(4, '0')}`),
    );
    for (let at = 0; at < folders.length; at += 500) await drive.commit(device, spaceId, folders.slice(at, at + 500));
    const tree = { enterpriseId: person.enterpriseId, spaceId, rootId, hidden: new Set<string>(), seq: 3001 };
    let told: string[] = [];
    const buffers = await countBuffers(drive.manager, async (manager) => {
      told = await listFoldersFrom(manager, tree, { folderId: folders[1500]!.nodeId, limit: 30 });
    });
    expect(told).toEqual(folders.slice(1500, 1530).map((folder) => folder.nodeId));
    expect(buffers).toBeLessThan(400); // a walk of all of them took 12,000
  });

  it('reads no further in a large folder than it tells', async () => {
    const { spaceId, rootId, person } = await drive.owner();
    await plantFiles(drive, { spaceId, folderId: rootId }, 20_000);
    const tree = { enterpriseId: person.enterpriseId, spaceId, rootId, hidden: new Set<string>(), seq: 20_001 };
    let told: DriveNode[] = [];
    const buffers = await countBuffers(drive.manager, async (manager) => {
      told = await listChildrenAt(manager, tree, { folderIds: [rootId], afterName: 'f15', limit: 100 });
    });
    expect(told).toHaveLength(100);
    expect(buffers).toBeLessThan(400);
  });

  it('ends when the folder it stands in is closed to the caller, and below a root that the folder is not in', async () => {
    const { member, page, query, spaceId, inside } = await standInFolder();
    await drive.grant(spaceId, inside, { user: member.userId }, 'none');
    const closed = world.listings.list({ ...query, page, limit: 1 });
    await expect(closed).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await drive.grant(spaceId, inside, { user: member.userId }, 'synchronizer');
    const elsewhere = world.listings.list({ ...query, rootId: await beside(query), page, limit: 1 });
    await expect(elsewhere).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  /** A member's page token that points into a folder. */
  async function standInFolder() {
    const [admin, member] = [await drive.person('drive_admin'), await drive.person()];
    const { spaceId, rootId } = await drive.space('team', { teamId: await drive.team() });
    const inside = ops.folder(rootId, 'inside');
    const files = ['a', 'b', 'c'].map((name) => ops.file(inside.nodeId, name, { bytes: bytesOf('') }));
    await drive.commit(admin, spaceId, [inside, ops.folder(rootId, 'beside'), ...files]);
    await drive.grant(spaceId, rootId, { user: member.userId }, 'synchronizer');
    const query = { principal: member as MemberPrincipal, spaceId, rootId };
    const first = await world.listings.list({ ...query, page: undefined, limit: 3 });
    return { member, query, spaceId, inside: inside.nodeId, page: first.nextPage ?? '' };
  }

  async function beside({ spaceId }: { readonly spaceId: string }): Promise<NodeId> {
    const [row] = await drive.sql<{ id: NodeId }>(`SELECT id FROM node WHERE space_id = $1 AND name = 'beside'`, [
      spaceId,
    ]);
    return row!.id;
  }
});
