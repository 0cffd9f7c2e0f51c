import { randomUUID } from 'node:crypto';
import type { NodeId, SyncRight, TeamId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedSpace } from '../drive/space.service.ts';
import { DriveWorld, newId } from '../drive/testing/drive-world.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { ExplainService } from './explain.service.ts';
import { drawWorld, expectedRights, random, type OracleGrant, type OracleWorld } from './testing/rights-oracle.ts';

let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

type Made = { me: PersonPrincipal; granter: PersonPrincipal; folders: Map<string, NodeId> };

/** The drawn world in real rows: teams, memberships, a chain of folders and grants. */
async function make(drawn: OracleWorld): Promise<Made> {
  const me = await world.person(drawn.role === 'super_admin' ? 'super_admin' : 'user');
  const owner = await world.person();
  const teams = await makeTeams(drawn, me);
  const { kind, teamId } = drawn.space;
  await world.sql(`DELETE FROM folder_grant`);
  await world.sql(`DELETE FROM space WHERE kind = 'enterprise'`);
  const ofTeam = teams.get(teamId ?? '');
  const space = await world.space(kind, {
    ...(kind === 'personal' ? { ownerUserId: owner.userId } : {}),
    ...(ofTeam ? { teamId: ofTeam } : {}),
  });
  const folders = await makeFolders(drawn.path, space);
  for (const grant of drawn.grants) {
    const identity = grant.to === 'me' ? me.userId : (teams.get(grant.to) ?? randomUUID());
    const type = teams.has(grant.to) ? 'team' : 'user';
    await insertGrant(grant, { spaceId: space.spaceId, nodeId: folders.get(grant.folder), type, identity });
  }
  return { me, granter: kind === 'personal' ? owner : await world.person('super_admin'), folders };
}

async function makeTeams(drawn: OracleWorld, me: PersonPrincipal): Promise<Map<string, TeamId>> {
  const teams = new Map<string, TeamId>();
  for (const team of ['t0', 't1', 't2', 't3', 't4', 't5']) {
    const parent = teams.get(drawn.parentOf[team] ?? '');
    teams.set(team, await world.team(drawn.myTeams.includes(team) ? [me] : [], parent ?? null));
  }
  return teams;
}

async function makeFolders(path: readonly string[], space: CreatedSpace): Promise<Map<string, NodeId>> {
  const folders = new Map<string, NodeId>();
  let parentId = space.rootId;
  for (const [depth, folder] of path.toReversed().entries()) {
    const id = depth === 0 ? space.rootId : newId<NodeId>();
    if (depth > 0) {
      await world.sql(
        `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
         VALUES ($1, $2, $3, $4, $5, $5, 'folder', 1, 1)`,
        [world.enterpriseId, id, space.spaceId, parentId, folder],
      );
    }
    folders.set(folder, id);
    parentId = id;
  }
  return folders;
}

async function insertGrant(
  grant: OracleGrant,
  at: { spaceId: string; nodeId: NodeId | undefined; type: string; identity: string },
): Promise<void> {
  const place = [world.enterpriseId, randomUUID(), at.spaceId, at.nodeId, at.type, at.identity];
  await world.sql(
    `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms, sync_right, sub_teams)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [...place, grant.atoms, grant.syncRight, grant.subTeams],
  );
}

const sorted = (atoms: Iterable<string> = []) => [...atoms].sort();
const brief = (rights: { atoms: Iterable<string>; syncRight: SyncRight } | undefined) => ({
  atoms: sorted(rights?.atoms),
  syncRight: rights?.syncRight,
});

describe('rights on real rows, in any world', () => {
  it('[PE-4] [PE-1] are what a naive reading of the rules says, for one and for a list of those who see', async () => {
    const explain = new ExplainService(world.database.dataSource, world.access);
    let [seen, unseen] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const drawn = drawWorld(random(seed));
      const { me, granter, folders } = await make(drawn);
      const ids = [...folders.values()];
      const resolved = await world.access.resolve(world.manager, me, ids);
      for (const [index, folder] of drawn.path.entries()) {
        const expected = expectedRights({ ...drawn, path: drawn.path.slice(index) });
        const nodeId = folders.get(folder) as NodeId;
        const access = resolved.get(nodeId);
        const { viewers } = await explain.listViewers(granter, nodeId, { limit: 200 });
        const mine = viewers.find(({ user }) => user.id === me.userId);
        const fact = { seed, folder, kind: drawn.space.kind };
        if (!expected.atoms.has('visible')) {
          unseen++;
          // In a shared space it may be on the way to something open; never in somebody's personal space.
          const passage = access && drawn.space.kind !== 'personal' ? ['visible'] : [];
          expect({ ...fact, mine, atoms: sorted(access?.atoms) }).toEqual({ ...fact, mine: undefined, atoms: passage });
          continue;
        }
        seen++;
        const wanted = { ...fact, ...brief(expected) };
        const why = await explain.explain(granter, nodeId, me.userId);
        const allowed = why.atoms.filter((reason) => reason.allowed).map(({ atom }) => atom);
        expect({ ...fact, ...brief(access) }).toEqual(wanted);
        expect({ ...fact, ...brief(mine) }).toEqual(wanted);
        expect({ ...fact, ...brief({ atoms: allowed, syncRight: why.syncRight.right }) }).toEqual(wanted);
      }
    }
    expect(Math.min(seen, unseen)).toBeGreaterThan(20);
  });
});
