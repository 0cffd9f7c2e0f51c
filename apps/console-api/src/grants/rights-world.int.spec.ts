import { randomUUID } from 'node:crypto';
import type { NodeId, SyncRight, TeamId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveWorld } from '../drive/testing/drive-world.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { ExplainService } from './explain.service.ts';
import { drawWorld, expectedRights, random, type OracleWorld } from './testing/rights-oracle.ts';

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
  const teams = new Map<string, TeamId>();
  for (const team of ['t0', 't1', 't2', 't3', 't4', 't5']) {
    const parent = teams.get(drawn.parentOf[team] ?? '');
    teams.set(team, await world.team(drawn.myTeams.includes(team) ? [me] : [], parent ?? null));
  }
  const { kind, teamId } = drawn.space;
  await world.sql(`DELETE FROM folder_grant`);
  await world.sql(`DELETE FROM space WHERE kind = 'enterprise'`);
  const space = await world.space(kind, {
    ...(kind === 'personal' ? { ownerUserId: owner.userId } : {}),
    ...(kind === 'team' ? { teamId: teams.get(teamId ?? '') ?? ('' as TeamId) } : {}),
  });
  const folders = new Map<string, NodeId>();
  let parent: NodeId | null = null;
  for (const folder of drawn.path.toReversed()) {
    const id = parent === null ? space.rootId : (randomUUID() as string as NodeId);
    if (parent !== null) {
      await world.sql(
        `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
         VALUES ($1, $2, $3, $4, $5, $5, 'folder', 1, 1)`,
        [world.enterpriseId, id, space.spaceId, parent, folder],
      );
    }
    folders.set(folder, id);
    parent = id;
  }
  for (const grant of drawn.grants) {
    const identity = grant.to === 'me' ? me.userId : (teams.get(grant.to) ?? randomUUID());
    await world.sql(
      `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms, sync_right, sub_teams)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        world.enterpriseId,
        randomUUID(),
        space.spaceId,
        folders.get(grant.folder),
        teams.has(grant.to) ? 'team' : 'user',
        identity,
        grant.atoms,
        grant.syncRight,
        grant.subTeams,
      ],
    );
  }
  return { me, granter: kind === 'personal' ? owner : await world.person('super_admin'), folders };
}

const sorted = (atoms: Iterable<string>) => [...atoms].sort();

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
        if (expected.atoms.has('visible')) {
          seen++;
          const wanted = { ...fact, atoms: sorted(expected.atoms), syncRight: expected.syncRight satisfies SyncRight };
          expect({ ...fact, atoms: sorted(access?.atoms ?? []), syncRight: access?.syncRight }).toEqual(wanted);
          expect({ ...fact, atoms: sorted(mine?.atoms ?? []), syncRight: mine?.syncRight }).toEqual(wanted);
          const why = await explain.explain(granter, nodeId, me.userId);
          const allowed = why.atoms.filter(({ allowed }) => allowed).map(({ atom }) => atom);
          expect({ ...fact, atoms: sorted(allowed), syncRight: why.syncRight.right }).toEqual(wanted);
        } else {
          unseen++;
          expect({ ...fact, mine }).toEqual({ ...fact, mine: undefined });
          // In a shared space it may be on the way to something open; never in somebody's personal space.
          const passage = access && drawn.space.kind !== 'personal' ? ['visible'] : [];
          expect({ ...fact, atoms: sorted(access?.atoms ?? []) }).toEqual({ ...fact, atoms: passage });
        }
      }
    }
    expect(Math.min(seen, unseen)).toBeGreaterThan(20);
  });
});
