import { randomUUID } from 'node:crypto';
import type { NodeId, SpaceId, TeamId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, chunkOf, ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { ExplainService } from '../grants/explain.service.ts';
import { ImpactService } from '../grants/impact.service.ts';
import { DeviceGate } from '../identity/device-gate.ts';
import { Announcer } from '../people-admin/announcer.ts';
import { ImportService } from '../people-admin/import.service.ts';
import { InvitationService } from '../people-admin/invitation.service.ts';
import type { DevicePrincipal, PersonPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let kept: RetentionWorld;
let drive: DriveWorld;
let person: PersonPrincipal;
let device: DevicePrincipal;
let boss: PersonPrincipal;
let spaceId: SpaceId;
let rootId: NodeId;
let imports: ImportService;
beforeAll(async () => {
  kept = await RetentionWorld.open();
  ({ drive } = kept);
  ({ person, device, spaceId, rootId } = await drive.owner());
  boss = await drive.person('super_admin');
  const { dataSource } = drive.database;
  const announcer = new Announcer(drive.grants, new DeviceGate(dataSource, kept.clock), drive.hub);
  const invitations = new InvitationService(dataSource, kept.clock);
  const impacts = new ImpactService(dataSource, drive.access, drive.folderGrants, kept.clock);
  imports = new ImportService(dataSource, drive.spaces, invitations, announcer, impacts);
});
afterAll(() => kept.close());

type Work = () => Promise<unknown>;
type Made = { readonly folderId: NodeId; readonly ids: NodeId[] };

/** So many children of one folder. */
async function children(size: number, kind: 'file' | 'folder'): Promise<Made> {
  const folder = ops.folder(rootId, randomUUID());
  const bytes = bytesOf('some bytes');
  const made = Array.from({ length: size }, (_, index) =>
    kind === 'file' ? ops.file(folder.nodeId, `n${index}`, { bytes }) : ops.folder(folder.nodeId, `n${index}`),
  );
  await drive.commit(device, spaceId, [folder, ...made], { inline: [bytes] });
  return { folderId: folder.nodeId, ids: made.map(({ nodeId }) => nodeId) };
}

/** One more version of each. */
async function savedAgain(ids: readonly NodeId[], text: string): Promise<void> {
  const bytes = bytesOf(text);
  await drive.commit(
    device,
    spaceId,
    ids.map((id) => ops.put(id, { chunks: [chunkOf(bytes)] })),
    { inline: [bytes] },
  );
}

async function trash(ids: readonly NodeId[]): Promise<void> {
  await drive.commit(
    device,
    spaceId,
    ids.map((id) => ops.trash(id)),
  );
}

async function purged(nodeIds: readonly NodeId[]): Promise<void> {
  const { items, pending } = await kept.purges.purge(person, spaceId, nodeIds);
  expect(items.map(({ status }) => status)).toEqual(nodeIds.map(() => 'purged'));
  expect(pending).toBe(false);
}

async function copied({ folderId, ids }: Made): Promise<void> {
  const { state, copiedNodes } = await kept.copy(person, folderId, { parentId: rootId, name: randomUUID() });
  expect([state, copiedNodes]).toEqual(['done', ids.length + 1]);
}

const tableOf = (size: number, teamName: string) =>
  [
    'name,email,teams,quotaGiB',
    ...Array.from({ length: size }, () => `Ann,${randomUUID()}@acme.test,${teamName},1`),
  ].join('\n');

/** Each within one slice of its work. */
const WORKS: [name: string, work: (size: number) => Promise<Work>, most: number][] = [
  [
    'purging entries of the bin',
    async (size) => {
      const { ids } = await children(size, 'file');
      await trash(ids);
      return () => purged(ids);
    },
    40,
  ],
  [
    'purging a folder with what is in it',
    async (size) => {
      const { folderId } = await children(size, 'file');
      await trash([folderId]);
      return () => purged([folderId]);
    },
    40,
  ],
  [
    'copying a folder of files',
    async (size) => {
      const made = await children(size, 'file');
      return () => copied(made);
    },
    60,
  ],
  [
    'copying a folder of folders',
    async (size) => {
      const made = await children(size, 'folder');
      return () => copied(made);
    },
    80,
  ],
  [
    'the versions of a file',
    async (size) => {
      const { ids } = await children(1, 'file');
      for (let version = 1; version < size; version += 1) await savedAgain(ids, `version ${version}`);
      const [fileId] = ids;
      return async () => expect((await kept.versions.list(person, fileId!)).versions).toHaveLength(size);
    },
    8,
  ],
  [
    'pruning the histories of files',
    async (size) => {
      await kept.policies.set(drive.enterpriseId, { keepVersions: 1, keepDays: 999, mergeSaves: false, binDays: 90 });
      await kept.prunes.prune(kept.signal); // histories of other works
      const { ids } = await children(size, 'file');
      await savedAgain(ids, 'again');
      return async () => expect(await kept.prunes.prune(kept.signal)).toEqual({ versions: size });
    },
    16,
  ],
  [
    'a table of new users',
    async (size) => {
      const csv = tableOf(size, await nameOf(await drive.team()));
      return async () =>
        expect(await imports.import(boss, { csv, dryRun: false })).toMatchObject({ created: size, problems: [] });
    },
    20,
  ],
  [
    'a table of users that are there',
    async (size) => {
      const csv = tableOf(size, await nameOf(await drive.team()));
      expect(await imports.import(boss, { csv, dryRun: false })).toMatchObject({ created: size });
      const renamed = csv.replaceAll('Ann,', 'Bea,');
      return async () =>
        expect(await imports.import(boss, { csv: renamed, dryRun: false })).toMatchObject({ updated: size });
    },
    20,
  ],
  [
    'who may see a folder',
    async (size) => {
      const people = await Promise.all(Array.from({ length: size }, () => drive.person()));
      const space = await drive.space('team', { teamId: await drive.team(people) });
      const explains = new ExplainService(drive.database.dataSource, drive.access);
      return async () => {
        const { viewers } = await explains.listViewers(boss, space.rootId, { limit: 200 });
        expect(viewers).toHaveLength(size + 1);
      };
    },
    12,
  ],
];

async function nameOf(teamId: TeamId): Promise<string> {
  const [team] = await drive.sql<{ name: string }>(`SELECT name FROM team WHERE id = $1`, [teamId]);
  return team!.name;
}

describe('no statement per row', () => {
  it.each(WORKS)('%s takes as many statements for 70 as for 2', async (_, work, most) => {
    const few = await countStatements(await work(2));
    const many = await countStatements(await work(70));
    expect(many).toBe(few);
    expect(few).toBeLessThanOrEqual(most);
  });
});
