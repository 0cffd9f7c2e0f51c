import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchOp, ContentId, DriveNode, NodeId, SpaceId } from '@tideline/contracts';
import { openFeedWorld, type FeedWorld } from '../change-feed/testing/feed-world.ts';
import { bytesOf, chunkOf, collect, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { BinService } from '../recycle-bin/bin.service.ts';
import { countStatements } from '../testing/count-statements.ts';
import { VersionService } from '../versions/version.service.ts';

let feed: FeedWorld;
let drive: DriveWorld;
let device: DevicePrincipal;
let spaceId: SpaceId;
let rootId: NodeId;
beforeAll(async () => {
  feed = await openFeedWorld();
  drive = feed.drive;
  ({ device, spaceId, rootId } = await drive.owner());
});
afterAll(() => drive.close());

type Story = {
  readonly folderId: NodeId;
  readonly files: readonly (BatchOp & { nodeId: NodeId })[];
  readonly inline: Uint8Array[];
};
let stories = 0;

async function story(size: number): Promise<Story> {
  const folder = ops.folder(rootId, `story ${(stories += 1)}`);
  await drive.commit(device, spaceId, [folder]);
  const inline = Array.from({ length: size }, (_, index) => bytesOf(`story ${stories} ${index}`));
  return {
    folderId: folder.nodeId,
    files: inline.map((bytes, index) => ops.file(folder.nodeId, `f${index}`, { bytes })),
    inline,
  };
}

async function committed(size: number): Promise<Story> {
  const told = await story(size);
  await drive.commit(device, spaceId, told.files, { inline: told.inline });
  return told;
}

/** A bin whose newest entries are so many files of a folder. */
async function trashed(size: number): Promise<BinService> {
  const { files } = await committed(size);
  const trashes = files.map((file) => ops.trash(file.nodeId));
  await drive.commit(device, spaceId, trashes);
  return new BinService(drive.database.dataSource, drive.access, drive.commits);
}

async function cursor(): Promise<string> {
  return (await feed.listings.list({ principal: device, spaceId, rootId, page: undefined, limit: 1 })).cursor;
}

/** Statements of the same work on few and on many nodes. */
async function counts(work: (size: number) => Promise<() => Promise<unknown>>): Promise<number[]> {
  const counted: number[] = [];
  for (const size of [2, 90]) counted.push(await countStatements(await work(size)));
  return counted;
}

const WORKS: [name: string, work: (size: number) => Promise<() => Promise<unknown>>, most: number][] = [
  [
    'a batch of new files with bytes',
    async (size) => {
      const { files, inline } = await story(size);
      return () => drive.commit(device, spaceId, files, { inline });
    },
    20,
  ],
  [
    'a batch of new versions of stored bytes',
    async (size) => {
      const { files, inline } = await committed(size);
      return () =>
        drive.commit(
          device,
          spaceId,
          files.map((file, index) => ops.put(file.nodeId, { chunks: [chunkOf(inline.at(-1 - index)!)] })),
        );
    },
    20,
  ],
  [
    'a batch of moves',
    async (size) => {
      const { files, folderId } = await committed(size);
      return () =>
        drive.commit(
          device,
          spaceId,
          files.map((file, index) => ops.move(file.nodeId, folderId, `m${index}`)),
          { atomic: true },
        );
    },
    16,
  ],
  [
    'a batch of trashes',
    async (size) => {
      const { files } = await committed(size);
      return () =>
        drive.commit(
          device,
          spaceId,
          files.map((file) => ops.trash(file.nodeId)),
        );
    },
    16,
  ],
  [
    'a page of the feed',
    async (size) => {
      const from = await cursor();
      await committed(size);
      return () => feed.changes.listChanges({ principal: device, spaceId, rootId, cursor: from, limit: 1000 });
    },
    14,
  ],
  [
    'a page of a listing',
    async (size) => {
      const { folderId } = await committed(size);
      return () => feed.listings.list({ principal: device, spaceId, rootId: folderId, page: undefined, limit: 1000 });
    },
    14,
  ],
  [
    'a folder in the console',
    async (size) => {
      const { folderId } = await committed(size);
      return () => drive.browse.listFolder(device, folderId, { limit: 1000, after: undefined });
    },
    14,
  ],
  [
    'the question which chunks are missing',
    async (size) => {
      const { inline } = await committed(size);
      return () => drive.uploads.listMissing(device, spaceId, inline.map(chunkOf));
    },
    14,
  ],
  [
    'a pack of chunks',
    async (size) => {
      const { inline } = await story(size);
      return () => drive.putPack(device, spaceId, inline);
    },
    14,
  ],
  [
    'the question which versions are kept',
    async (size) => {
      const { files, inline } = await committed(size);
      const history = new VersionService(drive.database.dataSource, drive.access, drive.hub);
      const asked = files.map(({ nodeId }, index) => ({
        nodeId,
        contentId: chunkOf(inline[index]!).hash as string as ContentId,
      }));
      return async () => expect(await history.listKept(device, spaceId, asked)).toHaveLength(size);
    },
    14,
  ],
  [
    'a page of the bin',
    async (size) => {
      const bin = await trashed(size);
      return async () => expect((await bin.list(device, spaceId, { limit: size })).nodes).toHaveLength(size);
    },
    16,
  ],
  [
    'a restore out of the bin',
    async (size) => {
      const bin = await trashed(size);
      const { nodes } = await bin.list(device, spaceId, { limit: size });
      const ids = nodes.map((node) => node.id);
      return async () => {
        const items = await bin.restore(device, spaceId, ids);
        expect(items.map((item) => item.status)).toEqual(ids.map(() => 'restored'));
      };
    },
    30,
  ],
  [
    'a bundle of small files',
    async (size) => {
      const { folderId } = await committed(size);
      const { nodes } = await drive.browse.listFolder(device, folderId, { limit: 1000, after: undefined });
      const asked = nodes.map(({ id, contentId }: DriveNode) => ({ nodeId: id, contentId: contentId! }));
      return async () => collect((await drive.contents.openBundle(device, asked)).bytes);
    },
    14,
  ],
];

describe('no statement per row', () => {
  it.each(WORKS)('%s takes as many statements for 90 nodes as for 2', async (_, work, most) => {
    const [few = 0, many] = await counts(work);
    expect(many).toBe(few);
    expect(few).toBeLessThanOrEqual(most);
  });
});
