import { routes, type NodeId, type SpaceId, type TeamId, type UserId } from '@tideline/contracts';
import { signIn } from '@tideline/testing';
import type { Client } from 'pg';
import { enrollDevice, type DeviceClient } from './device-client.ts';
import { figure, percentile, timed, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';

export type PermissionOptions = {
  readonly grants: number;
  readonly depth: number;
  /** Children of the listed folder: one page. */
  readonly children: number;
  readonly rounds: number;
};

const USUAL: PermissionOptions = { grants: 5000, depth: 20, children: 1000, rounds: 30 };
const PASSWORD = 'benchmark password';

/**
 * What deciding rights adds to a listing: the same page of children, at the same depth, in a team space full of grants and in the
 * caller's own personal space, where nothing has to be decided. Half of the grants reach the caller, through a team, the team
 * above it or directly; every folder on the way down has one.
 */
export async function runPermissionBench(
  scene: DriveScene,
  options: Partial<PermissionOptions> = {},
): Promise<BenchRow[]> {
  const sizes = { ...USUAL, ...options };
  const person = await addPerson(scene);
  const database = await scene.database();
  try {
    const shared = await plant(database, { ...person.team, ...sizes });
    const own = await plant(database, {
      spaceId: person.device.spaceId,
      rootId: person.device.rootId,
      ...sizes,
      grants: 0,
    });
    await grant(database, { ...person, ...sizes, path: shared.path, beside: shared.beside });
    await database.query('ANALYZE'); // as autovacuum does within a minute
    const { device, team } = person;
    return [
      await measure(device, { shared: shared.folderId, own: own.folderId, what: 'at its depth' }, sizes),
      // Of the first page of the root half is closed to the caller: what is closed may lead to something open.
      await measure(device, { shared: team.rootId, own: own.folderId, what: 'at the root, half of it closed' }, sizes),
    ];
  } finally {
    await database.end();
  }
}

async function measure(
  device: DeviceClient,
  folders: { readonly shared: NodeId; readonly own: NodeId; readonly what: string },
  { grants, depth, children, rounds }: PermissionOptions,
): Promise<BenchRow> {
  const times = { shared: [] as number[], own: [] as number[] };
  const list = async (nodeId: NodeId) => {
    const page = { params: { nodeId }, query: { limit: children } };
    const { seconds, answer } = await timed(() => device.api.call(routes.drive.children, page));
    if (answer.nodes.length < children / 3)
      throw new Error(`${answer.nodes.length} of ${children} children were listed`);
    return seconds * 1000;
  };
  for (let round = -3; round < rounds; round += 1) {
    const [shared, own] = [await list(folders.shared), await list(folders.own)];
    if (round < 0) continue; // the first ones warm the caches
    times.shared.push(shared);
    times.own.push(own);
  }
  const [shared, own] = [percentile(times.shared, 0.5), percentile(times.own, 0.5)];
  const addedMs = (shared - own) / children;
  return {
    work: `permission check: ${grants.toLocaleString('en')} grants, depth ${depth}, page of ${children.toLocaleString('en')} ${folders.what}`,
    aim: '≤ 0.2 ms added per node',
    measured: `${figure(addedMs, 'ms')} (page p50 ${figure(shared, 'ms')}, without grants ${figure(own, 'ms')})`,
    isMet: addedMs <= 0.2,
    boundBy: 'look-ups of the page’s grants and of the folders above it',
  };
}

type Person = {
  readonly userId: UserId;
  readonly device: DeviceClient;
  readonly team: { readonly spaceId: SpaceId; readonly rootId: NodeId };
  readonly teamIds: readonly TeamId[];
};

/** A plain user in a team below another, with a device; an admin would see everything without any grant. */
async function addPerson(scene: DriveScene): Promise<Person> {
  const { enterpriseCode, adminEmail, adminPassword, enrollmentToken } = scene.console.bootstrap;
  const { url } = scene.console;
  const admin = await signIn({ url, email: adminEmail, password: adminPassword, enterpriseCode });
  const parent = await admin.call(routes.enterprise.createTeam, { body: { name: 'Bench parent' } });
  const child = await admin.call(routes.enterprise.createTeam, { body: { name: 'Bench', parentId: parent.id } });
  const email = 'bench@example.org';
  const body = { name: 'Bench', email, password: PASSWORD, teamIds: [child.id] };
  const user = await admin.call(routes.enterprise.createUser, { body });
  const device = await enrollDevice({ url, token: enrollmentToken, email, name: 'permissions' });
  const { spaces } = await admin.call(routes.drive.spaces, {});
  const team = spaces.find((space) => space.name === 'Bench parent');
  if (!team) throw new Error('a team has a space');
  const teamIds = [parent.id, child.id];
  return { userId: user.id, device, team: { spaceId: team.id, rootId: team.rootId }, teamIds };
}

type Planted = { readonly folderId: NodeId; readonly path: readonly string[]; readonly beside: readonly string[] };

/** A way down, a folder at its end with a page of folders in it, and beside the way the folders that carry the other grants. */
async function plant(
  database: Client,
  at: { readonly spaceId: SpaceId; readonly rootId: NodeId } & PermissionOptions,
): Promise<Planted> {
  const path: string[] = [];
  for (let parent: string = at.rootId; path.length < at.depth; parent = path.at(-1) ?? parent) {
    path.push(...(await makeFolders(database, at.spaceId, { parent, name: 'level', count: 1 })));
  }
  const folderId = path.at(-1) as NodeId;
  await makeFolders(database, at.spaceId, { parent: folderId, name: 'child', count: at.children });
  const count = Math.max(0, at.grants - path.length);
  const beside = await makeFolders(database, at.spaceId, { parent: at.rootId, name: 'beside', count });
  return { folderId, path, beside };
}

/** Straight into the table: only places and grants matter to what is measured. */
async function makeFolders(
  database: Client,
  spaceId: SpaceId,
  folders: { readonly parent: string; readonly name: string; readonly count: number },
): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
     SELECT enterprise_id, uuidv7(), id, $2, $3 || ' ' || number, $3 || ' ' || number, 'folder', 1, 1
     FROM space, generate_series(1, $4::int) AS number WHERE id = $1 RETURNING id`,
    [spaceId, folders.parent, folders.name, folders.count],
  );
  return rows.map((row) => row.id);
}

async function grant(database: Client, on: Person & Pick<Planted, 'path' | 'beside'>): Promise<void> {
  const insert = `
    INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, sync_right)
    SELECT s.enterprise_id, uuidv7(), s.id, folder.id, who.type, who.id, 'backer'
    FROM space s, unnest($2::uuid[]) WITH ORDINALITY AS folder(id, number)
    JOIN unnest($3::text[], $4::uuid[]) WITH ORDINALITY AS who(type, id, number)
      ON who.number = 1 + folder.number % cardinality($4::uuid[])
    WHERE s.id = $1`;
  const reached = [['user', on.userId], ...on.teamIds.map((id) => ['team', id])];
  const strangers = reached.map(() => ['user', crypto.randomUUID()]);
  for (const [folders, who] of [
    [on.path, reached],
    [on.beside, [...reached, ...strangers]],
  ] as const) {
    await database.query(insert, [on.team.spaceId, folders, who.map(([type]) => type), who.map(([, id]) => id)]);
  }
}
