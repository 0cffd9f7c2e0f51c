import type { NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { AccessService } from '../grants/access.service.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { countStatements } from '../testing/count-statements.ts';
import { ScopeService, type ScopeQuery } from './scope.service.ts';
import { openFeedWorld, type FeedWorld } from './testing/feed-world.ts';

const FOLDERS = 200;
let world: FeedWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await openFeedWorld();
  drive = world.drive;
});
afterAll(() => drive.close());

type Scene = { readonly admin: PersonPrincipal; readonly query: ScopeQuery; readonly folders: readonly NodeId[] };

/** A member with a grant on the root and one on each of very many folders. */
async function openScene(): Promise<Scene> {
  const [admin, member] = [await drive.person('drive_admin'), await drive.person()];
  const { spaceId, rootId } = await drive.space('team', { teamId: await drive.team() });
  const folders = Array.from({ length: FOLDERS }, (_, index) => ops.folder(rootId, `f${index}`));
  await drive.commit(admin, spaceId, folders);
  for (const nodeId of [rootId, ...folders.map((folder) => folder.nodeId)]) {
    await drive.grant(spaceId, nodeId, { user: member.userId }, 'synchronizer');
  }
  const query = { principal: member, spaceId, rootId };
  return { admin, query, folders: folders.map((folder) => folder.nodeId) };
}

const rightsOf = async (scopes: ScopeService, query: ScopeQuery) =>
  new Map((await scopes.getCaps(query)).boundaries.map(({ nodeId, syncRight }) => [nodeId, syncRight]));

describe('rights of somebody with very many grants', () => {
  it('are decided once for as long as nothing changes', async () => {
    const { query } = await openScene();
    const first = await countStatements(() => world.scopes.getCaps(query));
    const second = await countStatements(() => world.scopes.getCaps(query));
    expect(second).toBe(first - 2); // neither the grants nor the folders that they are on
    expect((await rightsOf(world.scopes, query)).size).toBe(FOLDERS + 1);
  });

  it('[PE-2] end at once when they are taken away, also when another console took them', async () => {
    const { admin, query, folders } = await openScene();
    const other = new ScopeService(drive.database.dataSource, new AccessService());
    for (const scopes of [world.scopes, other]) {
      expect((await rightsOf(scopes, query)).get(folders[7]!)).toBe('synchronizer');
    }
    const to = { type: 'user', id: query.principal.userId } as const;
    await drive.folderGrants.set(admin, folders[7]!, { to, subTeams: true, expiresAt: null, syncRight: 'none' });
    for (const scopes of [world.scopes, other]) expect((await rightsOf(scopes, query)).get(folders[7]!)).toBe('none');
  });

  it('end with the time of their grant', async () => {
    const { query, folders } = await openScene();
    expect((await rightsOf(world.scopes, query)).has(folders[3]!)).toBe(true);
    await drive.sql(`UPDATE folder_grant SET sync_expires_at = now() - interval '1 second' WHERE node_id = $1`, [
      folders[3],
    ]);
    expect((await rightsOf(world.scopes, query)).has(folders[3]!)).toBe(false);
  });

  it('follow folders that move and go to the bin', async () => {
    const { admin, query, folders } = await openScene();
    const to = { type: 'user', id: query.principal.userId } as const;
    await drive.folderGrants.set(admin, folders[1]!, { to, subTeams: true, expiresAt: null, role: 'viewer' });
    expect((await rightsOf(world.scopes, query)).size).toBe(FOLDERS + 1);
    await drive.commit(admin, query.spaceId, [ops.trash(folders[0]!), ops.move(folders[2]!, folders[1]!, 'in')]);
    const after = await rightsOf(world.scopes, { ...query, rootId: folders[1]! });
    expect(after.has(folders[2]!)).toBe(true);
    expect((await rightsOf(world.scopes, query)).has(folders[0]!)).toBe(false);
  });

  it('end with the account role, the team and the device’s own limit that gave them', async () => {
    const { query } = await openScene();
    const device = await drive.device(query.principal);
    const asDevice = { ...query, principal: device };
    expect(await rightsOf(world.scopes, asDevice)).toEqual(await rightsOf(world.scopes, query));
    await drive.sql(`UPDATE app_user SET role = 'drive_admin' WHERE id = $1`, [query.principal.userId]);
    const { boundaries } = await world.scopes.getCaps(query);
    expect(boundaries.every((boundary) => boundary.atoms.includes('delete'))).toBe(true);
  });
});
