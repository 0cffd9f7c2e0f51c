import { ATOMS, type Atom, type GrantId, type NodeId, type SyncRight } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { decideRights, type Statement } from './rights.ts';
import { drawWorld, expectedRights, random, rankOf } from './testing/rights-oracle.ts';

const CASES = 20_000;

describe('precedence of grants', () => {
  it('[PE-4] [PE-1] is what a naive reading of the rules says, in any world', () => {
    let decidedByTeams = 0;
    for (let seed = 1; seed <= CASES; seed++) {
      const world = drawWorld(random(seed));
      const expected = expectedRights(world);
      const chain = world.path.map((folder) =>
        world.grants.flatMap((grant, index): Statement[] => {
          const rank = rankOf(world, grant);
          if (grant.folder !== folder || rank === undefined) return [];
          const { atoms, syncRight } = grant;
          return [
            { grantId: `${index}` as GrantId, nodeId: folder as NodeId, rank, atoms, syncRight, mayGrant: false },
          ];
        }),
      );
      const decided = decideRights(
        { userId: 'me', role: world.role, readsPersonalSpace: true, ownTeamIds: new Set(world.myTeams) },
        world.space,
        chain,
      );
      if (expected.unitedTeams > 1) decidedByTeams++;
      expect({ seed, atoms: ATOMS.filter((atom) => decided.atoms.has(atom)), syncRight: decided.syncRight }).toEqual({
        seed,
        atoms: ATOMS.filter((atom: Atom) => expected.atoms.has(atom)),
        syncRight: expected.syncRight satisfies SyncRight,
      });
    }
    expect(decidedByTeams).toBeGreaterThan(CASES / 100); // the worlds are not all trivial
  });
});
