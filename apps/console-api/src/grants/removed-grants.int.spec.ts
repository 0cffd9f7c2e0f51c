import type { NodeId, SpaceId, TeamId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFeedSpace } from '../change-feed/feed.store.ts';
import { ops, type DriveWorld } from '../drive/testing/drive-world.ts';
import { markDeleted } from '../people-admin/people-admin.store.ts';
import { deleteTeam } from '../people-admin/team-admin.store.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { RetentionWorld } from '../versions/testing/retention-world.ts';

let world: RetentionWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
  drive = world.drive;
});
afterAll(() => world.close());

type Given = {
  readonly admin: PersonPrincipal;
  readonly spaceId: SpaceId;
  readonly folders: readonly NodeId[];
  readonly user: PersonPrincipal;
  readonly team: TeamId;
};

/** Rights of a user and of a team, each with both ends, which have come, on several folders of a space. */
async function given(): Promise<Given> {
  const [admin, user] = [await drive.person('drive_admin'), await drive.person()];
  const team = await drive.team();
  const { spaceId, rootId } = await drive.space('team', { teamId: team });
  const folders = ['a', 'b', 'c'].map((name) => ops.folder(rootId, name));
  await drive.commit(admin, spaceId, folders);
  for (const { nodeId } of folders) {
    for (const to of [{ type: 'user', id: user.userId } as const, { type: 'team', id: team } as const]) {
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const right = { role: 'viewer', syncRight: 'backer', expiresAt } as const;
      await drive.folderGrants.set(admin, nodeId, { to, subTeams: true, ...right });
    }
  }
  await drive.sql(`UPDATE folder_grant SET expires_at = now(), sync_expires_at = now() WHERE space_id = $1`, [spaceId]);
  return { admin, spaceId, folders: folders.map(({ nodeId }) => nodeId), user, team };
}

async function purge({ admin, spaceId, folders }: Given): Promise<void> {
  await drive.commit(
    admin,
    spaceId,
    folders.map((nodeId) => ops.trash(nodeId)),
  );
  await world.purges.purge(admin, spaceId, folders);
}

const inEnterprise = () => ({ enterpriseId: drive.enterpriseId });
const deletePerson = ({ user: { userId } }: Given) =>
  markDeleted(drive.manager, { ...inEnterprise(), userId }, new Date());
const removeTeam = ({ team: teamId }: Given) =>
  deleteTeam(drive.manager, { ...inEnterprise(), teamId }, { until: new Date(), now: new Date(), suffix: ' kept' });

describe('what devices compare of the rights of a space', () => {
  it.each<[string, number, (place: Given) => Promise<unknown>]>([
    ['a purged folder', 0, purge],
    ['a user who is deleted', 3, deletePerson],
    ['a team that is deleted', 3, removeTeam],
  ])('[PE-2] never comes back to an old number when ended grants go with %s', async (_, left, remove) => {
    const place = await given();
    const capsRev = async () =>
      (await findFeedSpace(drive.manager, { ...inEnterprise(), spaceId: place.spaceId }))!.capsRev;
    const before = await capsRev();
    await remove(place);
    const rows = await drive.sql(`SELECT FROM folder_grant WHERE space_id = $1`, [place.spaceId]);
    expect(rows).toHaveLength(left);
    expect(await capsRev()).toBeGreaterThan(before);
  });
});
