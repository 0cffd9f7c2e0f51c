import {
  ATOMS,
  SYNC_RIGHT_ATOMS,
  type AccountRole,
  type Atom,
  type SpaceKind,
  type SyncRight,
} from '@tideline/contracts';

/** A small world in which rights are decided, and the rules of PE-1 and PE-4 read naively, step by step, over it. */
export type OracleGrant = {
  readonly folder: string;
  readonly to: string;
  readonly subTeams: boolean;
  readonly atoms: readonly Atom[] | null;
  readonly syncRight: SyncRight | null;
};
export type OracleWorld = {
  /** From the asked node up to the root. */
  readonly path: readonly string[];
  /** Parents of teams; a team without one is a root. */
  readonly parentOf: Readonly<Record<string, string>>;
  readonly myTeams: readonly string[];
  readonly role: AccountRole;
  readonly space: { readonly kind: SpaceKind; readonly ownerUserId: string | null; readonly teamId: string | null };
  readonly grants: readonly OracleGrant[];
};
export type Random = () => number;

/** Nearest folder first; in a folder the person, then the own teams together, then their parents together, and so on up. */
export function expectedRights(world: OracleWorld): {
  atoms: Set<Atom>;
  syncRight: SyncRight;
  unitedTeams: number;
} {
  let united = 0;
  const find = (speaks: (grant: OracleGrant) => boolean): OracleGrant[] => {
    for (const folder of world.path) {
      for (const identities of identityLevels(world)) {
        const found = world.grants.filter(
          (grant) =>
            grant.folder === folder &&
            identities.includes(grant.to) &&
            (grant.subTeams || grant.to === 'me' || world.myTeams.includes(grant.to)) &&
            speaks(grant),
        );
        united = Math.max(united, found.length);
        if (found.length > 0) return found;
      }
    }
    return [];
  };
  const syncing = find((grant) => grant.syncRight !== null).map((grant) => grant.syncRight);
  const syncRight = syncing.includes('synchronizer') ? 'synchronizer' : syncing.includes('backer') ? 'backer' : 'none';
  const acting = find((grant) => grant.atoms !== null);
  const atoms = new Set<Atom>(acting.length > 0 ? acting.flatMap((grant) => grant.atoms ?? []) : defaults(world));
  if (world.role === 'super_admin' && world.space.kind !== 'personal') for (const atom of ATOMS) atoms.add(atom);
  for (const atom of SYNC_RIGHT_ATOMS[syncRight]) atoms.add(atom);
  return { atoms, syncRight, unitedTeams: united };
}

/** The person; the own teams; the parents of those that are not named yet; their parents. */
function identityLevels(world: OracleWorld): string[][] {
  const levels = [['me']];
  const named = new Set<string>();
  let level = [...world.myTeams];
  while (level.length > 0) {
    for (const team of level) named.add(team);
    levels.push(level);
    const parents = level.map((team) => world.parentOf[team]).filter((team) => team !== undefined);
    level = [...new Set(parents)].filter((team) => !named.has(team));
  }
  return levels;
}

function defaults(world: OracleWorld): Atom[] {
  const isMember = world.space.teamId !== null && world.myTeams.includes(world.space.teamId);
  return world.space.kind === 'enterprise' || isMember ? ['visible', 'list', 'preview', 'download'] : [];
}

/** What the database tells beside a grant: 0 the person, 1 an own team, 2 a parent of one; `undefined`: not about the person. */
export function rankOf(world: OracleWorld, grant: Pick<OracleGrant, 'to' | 'subTeams'>): number | undefined {
  const rank = identityLevels(world).findIndex((level) => level.includes(grant.to));
  if (rank < 0 || (rank > 1 && !grant.subTeams)) return undefined;
  return rank;
}

const TEAMS = ['t0', 't1', 't2', 't3', 't4', 't5'];

export function drawWorld(draw: Random): OracleWorld {
  const path = Array.from({ length: 1 + Math.floor(draw() * 5) }, (_, index) => `f${index}`);
  const parents = TEAMS.flatMap((team, index) => {
    const parent = TEAMS[Math.floor(draw() * 8) % 8];
    return parent !== undefined && TEAMS.indexOf(parent) < index ? [[team, parent] as const] : [];
  });
  const kind = pick(draw, ['team', 'enterprise', 'personal'] as const);
  return {
    path,
    parentOf: Object.fromEntries(parents),
    myTeams: TEAMS.filter(() => draw() < 0.35),
    role: draw() < 0.1 ? 'super_admin' : 'user',
    space: {
      kind,
      ownerUserId: kind === 'personal' ? 'somebody else' : null,
      teamId: kind === 'team' ? pick(draw, TEAMS) : null,
    },
    grants: drawGrants(draw, path),
  };
}

/** At most one per folder and identity. */
function drawGrants(draw: Random, path: readonly string[]): OracleGrant[] {
  return path.flatMap((folder) =>
    ['me', ...TEAMS, 'stranger']
      .filter(() => draw() < 0.25)
      .map((to) => ({
        folder,
        to,
        subTeams: draw() < 0.7,
        atoms: draw() < 0.5 ? ATOMS.filter(() => draw() < 0.4) : null,
        syncRight: draw() < 0.6 ? pick(draw, ['none', 'backer', 'synchronizer'] as const) : null,
      })),
  );
}

function pick<T>(draw: Random, from: readonly T[]): T {
  const [first] = from;
  if (first === undefined) throw new Error('nothing to pick from');
  return from[Math.floor(draw() * from.length)] ?? first;
}

/** Mulberry32: the same seed draws the same world. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
