import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, routes, type RouteDef, type RoutePermission } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { readTokens } from '../testing/read-tokens.ts';
import { sampleOf, sampleRequest, type SampleIds } from '../testing/sample-request.ts';
import { addSecondEnterprise } from '../testing/second-enterprise.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';

const CALLERS = [
  'nobody',
  'operator',
  'super_admin',
  'drive_admin',
  'team_admin',
  'user',
  'viewer',
  'auditor',
  'device',
] as const;
type CallerName = (typeof CALLERS)[number];

const PEOPLE: CallerName[] = ['super_admin', 'drive_admin', 'team_admin', 'user', 'viewer', 'auditor'];
/** PE-3, written down once more: who may call at all. */
const MAY: Record<Exclude<RoutePermission, 'public'>, readonly CallerName[]> = {
  person: [...PEOPLE, 'operator'],
  device: ['device'],
  drive: [...PEOPLE, 'device'],
  'console-read': ['super_admin', 'drive_admin', 'team_admin', 'viewer', 'auditor'],
  'people-admin': ['super_admin', 'drive_admin', 'team_admin'],
  admin: ['super_admin', 'drive_admin'],
  operator: ['operator'],
};
const ADMINS: readonly CallerName[] = ['super_admin', 'drive_admin'];

type Case = { readonly id: string; readonly route: RouteDef };
const CASES: Case[] = Object.entries(routes)
  .flatMap(([group, ofGroup]) =>
    (Object.entries(ofGroup) as [string, RouteDef][]).map(([name, route]) => ({ id: `${group}.${name}`, route })),
  )
  .filter(({ route }) => route.permission !== 'public');

/** Names what belongs to somebody: a caller who may not see it must not be able to tell it from nothing. */
const NAMED = /:(nodeId|spaceId|deviceId|grantId|tokenId|listId|userId|teamId|versionId|restoreId|copyId|uploadId)/;
/** Of those, what the person's own personal space holds. */
const OF_A_SPACE = /:(nodeId|spaceId|restoreId|copyId|uploadId)/;

/** These answer item by item; what is not the caller's is told to be away, or left out. */
const PER_ITEM = new Set(['drive.bundle', 'drive.opAnswers', 'drive.keptVersions']);
/** Answers the same whether there is such an upload or not. */
const SAME_ANYWAY = new Set(['files.cancelUpload']);
/** ADR 0024: a drive admin may end what works on anybody's space, and is told no name of it. */
const ENDED_BY_ADMINS = new Set(['restore.cancel', 'copy.cancelCopy']);
/** Spaces are told to admins by id, kind and size, not by content (PE-5), so that they can be given room or handed over. */
const SIZES_OF_SPACES = new Set(['people.setQuota']);

/** What a request needs beyond what its schema requires. */
const MORE: Readonly<Record<string, object>> = {
  'rights.setFolderGrant': { role: 'viewer' },
  'rights.preview': { syncRight: 'backer' },
};

const SECRET = `Secret ${randomUUID()}`;
/** In spaces of which its reader sees other things. */
const HIDDEN = `Hidden ${randomUUID()}`;
const NOT_TOLD = new RegExp(`${SECRET}|${HIDDEN}`, 'i');
let server: TestConsole;
let foreignAdmin: ApiClient;
let callers: Record<CallerName, ApiClient>;
let ids: { own: SampleIds; personal: SampleIds; foreign: SampleIds };

beforeAll(async () => {
  server = await startTestConsole('demo');
  callers = await signEverybodyIn();
  ids = { own: await ownIds(), personal: await personalIds(), foreign: await foreignIds() };
}, 120_000);
afterAll(() => server.stop());

async function signEverybodyIn(): Promise<typeof callers> {
  const { enterpriseCode, operatorEmail, operatorPassword, enrollmentToken } = server.bootstrap;
  const { body } = await server.admin.get('/teams?limit=1000');
  const team = (body['teams'] as { id: string; name: string }[]).find(({ name }) => name === 'Engineering');
  const password = 'correct horse battery';
  const enter = async (role: CallerName) => {
    const email = `${role.replace('_', '-')}@matrix.example`;
    await server.admin.call('POST', '/users', { name: role, email, password, teamIds: [team?.id] });
    await server.database.dataSource.query(`UPDATE app_user SET role = $2 WHERE email = $1`, [email, role]);
    return server.anybody.login({ enterpriseCode, email, password });
  };
  const people: Partial<Record<CallerName, ApiClient>> = {};
  for (const role of PEOPLE) people[role] = await enter(role);
  return {
    ...(people as typeof callers),
    nobody: server.anybody,
    operator: await server.anybody.login({ email: operatorEmail, password: operatorPassword }),
    device: (await enrollDevice(server.anybody, enrollmentToken, 'user@matrix.example')).api,
  };
}

/** Things of our enterprise that nobody misses when a caller who may do so removes them. */
async function ownIds(): Promise<SampleIds> {
  const password = 'correct horse battery';
  const { body: user } = await server.admin.call('POST', '/users', {
    name: 'Spare',
    email: 'spare@matrix.example',
    password,
    teamIds: [],
  });
  const { body: team } = await server.admin.call('POST', '/teams', { name: 'Spare' });
  const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, 'spare@matrix.example');
  const { body: resolved } = await server.admin.get('/drive/resolve?path=team%2FEngineering%3A%2FSpecs');
  const { id: nodeId } = resolved['node'] as { id: string };
  const { id: spaceId } = resolved['space'] as { id: string };
  const to = { type: 'user', id: String(user['id']) };
  const { body: grant } = await server.admin.call('PUT', `/nodes/${nodeId}/grants`, { to, role: 'viewer' });
  const { body: list } = await server.admin.call('POST', '/action-lists', { name: 'Spare', atoms: [] });
  return {
    nodeId,
    parentId: nodeId,
    root: nodeId,
    spaceId,
    deviceId: device.deviceId,
    userId: to.id,
    successorId: to.id,
    id: to.id,
    teamId: String(team['id']),
    grantId: String(grant['id']),
    listId: String(list['id']),
  };
}

async function signInAda(): Promise<ApiClient> {
  const ada = (server.bootstrap.people ?? []).find(({ email }) => email.startsWith('ada'));
  if (!ada) throw new Error('the demo has Ada');
  const { enterpriseCode } = server.bootstrap;
  return server.anybody.login({ enterpriseCode, email: ada.email, password: ada.password });
}

/** Ada's own: even to the super admin of her enterprise it is not there (PE-5). */
async function personalIds(): Promise<SampleIds> {
  const page = await signInAda();
  const { body } = await page.get('/spaces');
  const space = (body['spaces'] as { id: string; kind: string; rootId: string }[]).find(
    ({ kind }) => kind === 'personal',
  );
  if (!space) throw new Error('everybody has a personal space');
  const [secret, file] = [randomUUID(), randomUUID()];
  const empty = { content: { size: 0, chunks: [] }, mtimeMs: null, exec: false };
  await commit(page, space.id, [
    { kind: 'createFolder', opId: randomUUID(), nodeId: secret, parentId: space.rootId, name: SECRET },
    { kind: 'createFile', opId: randomUUID(), nodeId: file, parentId: secret, name: `${SECRET}.txt`, ...empty },
  ]);
  const { body: history } = await page.get(`/nodes/${file}/versions`);
  const [version] = history['versions'] as { id: string }[];
  const { body: grant } = await page.call('PUT', `/nodes/${secret}/grants`, {
    to: { type: 'user', id: idOfChen(await people()) },
    role: 'viewer',
  });
  return {
    ...(await spareUser()),
    ...(await beginAll(page, secret)),
    spaceId: space.id,
    nodeId: secret,
    parentId: secret,
    root: secret,
    versionId: String(version?.id),
    grantId: String(grant['id']),
  };
}

async function people(): Promise<{ id: string; email: string }[]> {
  return (await server.admin.get('/users?limit=1000')).body['users'] as { id: string; email: string }[];
}

const idOfChen = (all: { id: string; email: string }[]) =>
  String(all.find(({ email }) => email.startsWith('chen'))?.id);

/** Beside what is asked about nothing may be in the way of the answer. */
async function spareUser(): Promise<SampleIds> {
  const spare = (await people()).find(({ email }) => email === 'spare@matrix.example');
  return { id: String(spare?.id), successorId: String(spare?.id) };
}

async function foreignIds(): Promise<SampleIds> {
  const { admin, ...other } = await addSecondEnterprise(server);
  foreignAdmin = admin;
  const { body: team } = await admin.call('POST', '/teams', { name: SECRET });
  const { body: list } = await admin.call('POST', '/action-lists', { name: SECRET, atoms: [] });
  const { body: users } = await admin.get('/users?limit=1000');
  const [user] = users['users'] as { id: string }[];
  const folder = randomUUID();
  await commit(admin, other.spaceId, [
    { kind: 'createFolder', opId: randomUUID(), nodeId: folder, parentId: other.nodeId, name: SECRET },
  ]);
  return {
    ...other,
    ...(await beginAll(admin, folder)),
    parentId: other.nodeId,
    root: other.nodeId,
    teamId: String(team['id']),
    listId: String(list['id']),
    userId: String(user?.id),
    successorId: String(user?.id),
    id: String(user?.id),
  };
}

async function commit(api: ApiClient, spaceId: string, operations: unknown[]): Promise<void> {
  const frame = encodeFrame({ atomic: true, origin: 'sync', ops: operations, inline: [] }, []);
  const answer = await fetch(`${server.url}/api/spaces/${spaceId}/batch`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': FRAME_CONTENT_TYPE },
    body: Buffer.concat([...frame].map((part) => Buffer.from(part))),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

type Answer = { readonly status: number; readonly text: string; readonly code: string | undefined };

async function call(who: CallerName, { id, route }: Case, using: SampleIds): Promise<Answer> {
  const { method, path, headers, body } = sampleRequest(route, using, MORE[id]);
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { ...callers[who].headers, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const code = text.startsWith('{"code"') ? (JSON.parse(text) as { code: string }).code : undefined;
  return { status: answer.status, text, code };
}

const mayCall = (who: CallerName, { route }: Case) =>
  route.permission !== 'public' && MAY[route.permission].includes(who);

describe('[PE-3] accounts that a route is not for', () => {
  it.each(CASES)('are refused by $id, whatever they name', async (each) => {
    for (const who of CALLERS.filter((caller) => !mayCall(caller, each))) {
      for (const using of Object.values(ids)) {
        const { status, code } = await call(who, each, using);
        const refusal = who === 'nobody' ? [401, 'NOT_SIGNED_IN'] : [403, 'FORBIDDEN'];
        expect([who, status, code]).toEqual([who, ...refusal]);
      }
    }
  });
});

describe('what belongs to another enterprise', () => {
  it.each(CASES.filter(({ route }) => NAMED.test(route.path)))('is not there for anybody: $id', async (each) => {
    for (const who of CALLERS.filter((caller) => mayCall(caller, each))) {
      const answer = await call(who, each, ids.foreign);
      expectUnseen(each.id, who, answer);
    }
  });

  it('is left as it was', async () => {
    expect((await foreignAdmin.get(`/files/uploads/${ids.foreign['uploadId']}`)).status).toBe(200);
    const { body } = await foreignAdmin.get(`/restores/${ids.foreign['restoreId']}`);
    expect(['planning', 'planned']).toContain(body['state']);
  });
});

describe('[PE-5] what is in somebody’s personal space', () => {
  const about = CASES.filter(({ id, route }) => OF_A_SPACE.test(route.path) && !SIZES_OF_SPACES.has(id));
  it.each(about)('is not there for anybody else, admins included: $id', async (each) => {
    for (const who of CALLERS.filter((caller) => mayCall(caller, each))) {
      const answer = await call(who, each, ids.personal);
      if (ENDED_BY_ADMINS.has(each.id) && ADMINS.includes(who)) expect(readTokens(answer.text)).not.toMatch(NOT_TOLD);
      else expectUnseen(each.id, who, answer);
    }
  });
});

/** Every role of the console reads which folders of shared spaces have sync rights, whatever it may do there itself. */
const TOLD_TO_THE_CONSOLE = new Set(['enterprise.grants']);
/** A page may end at any of its rows. */
const PAGED = CASES.filter(
  ({ id, route }) => route.method === 'GET' && 'limit' in sampleQuery(route) && !TOLD_TO_THE_CONSOLE.has(id),
);
const LAST_PAGE = 30;
const CALLERS_OF_PAGES: readonly CallerName[] = ['user', 'viewer', 'device'];

function sampleQuery({ query }: RouteDef): object {
  return query ? (sampleOf(query, {}, 0) as object) : {};
}

describe('[PE-2] [PE-5] pages of one', () => {
  /** Beside an open folder and an open entry of the bin: closed ones in a team's space, all else in a personal one of which this is shared. */
  async function hideAmongOthers(): Promise<SampleIds[]> {
    const { nodeId = '', spaceId = '' } = ids.own;
    const parents = [
      { api: server.admin, spaceId, parentId: nodeId },
      { api: await signInAda(), spaceId: ids.personal['spaceId'] ?? '', parentId: ids.personal['nodeId'] ?? '' },
    ];
    const places: SampleIds[] = [];
    for (const { api, spaceId: space, parentId } of parents) {
      const isPersonal = space === ids.personal['spaceId'];
      const [around, open, hidden] = [randomUUID(), randomUUID(), randomUUID()];
      const folder = (id: string, parent: string, name: string) => ({
        ...{ kind: 'createFolder', opId: randomUUID(), nodeId: id, parentId: parent, name },
      });
      const bin = (id: string) => ({ kind: 'trash', opId: randomUUID(), nodeId: id });
      await commit(api, space, [
        folder(around, parentId, 'around'),
        folder(open, around, 'a, open'),
        folder(randomUUID(), open, 'below'),
        folder(hidden, isPersonal ? parentId : around, `${HIDDEN}, closed`),
        folder(randomUUID(), around, 'z, open'),
      ]);
      const binned: [string, string][] = Array.from({ length: 6 }, (_, at) => [randomUUID(), at % 2 ? open : hidden]);
      await commit(api, space, [
        ...binned.map(([id, parent], at) => folder(id, parent, parent === open ? `open ${at}` : `${HIDDEN} ${at}`)),
      ]);
      for (const [id] of binned) await commit(api, space, [bin(id)]);
      await (isPersonal ? grantAll(space, around, { syncRight: 'backer' }) : grantAll(space, hidden, { atoms: [] }));
      places.push({ nodeId: around, root: around, rootNodeId: around, parentId: around, spaceId: space });
    }
    return places;
  }

  /** What one row of a grant says to everybody who asks here. */
  async function grantAll(
    spaceId: string,
    nodeId: string,
    says: { atoms: [] } | { syncRight: 'backer' },
  ): Promise<void> {
    await server.database.dataSource.query(
      `INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms, sync_right)
       SELECT enterprise_id, gen_random_uuid(), $1, $2, 'user', id, $3::text[], $4 FROM app_user WHERE email LIKE '%@matrix.example'`,
      [spaceId, nodeId, 'atoms' in says ? says.atoms : null, 'syncRight' in says ? says.syncRight : 'none'],
    );
  }

  let places: SampleIds[];
  beforeAll(async () => {
    places = await hideAmongOthers();
  });

  async function tellsNothing(api: ApiClient, { route }: Case, using: SampleIds): Promise<void> {
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => using[name] ?? randomUUID());
    const query = new URLSearchParams({ root: using['root'] ?? '', limit: '1' });
    for (let page = 0; page < LAST_PAGE; page++) {
      const { body, status } = await api.get(`${path}?${query.toString()}`);
      expect(readTokens(JSON.stringify(body)), `page ${page}`).not.toMatch(NOT_TOLD);
      const next = status === 200 ? (body['next'] ?? body['nextPage']) : undefined;
      if (typeof next !== 'string') return;
      query.set('next' in body ? 'after' : 'page', next);
    }
  }

  it.each(PAGED)('tell nobody of what is hidden between what is shown: $id', async (each) => {
    for (const who of CALLERS_OF_PAGES.filter((caller) => mayCall(caller, each))) {
      for (const using of places) await tellsNothing(callers[who], each, using);
    }
  });
});

function expectUnseen(id: string, who: CallerName, answer: Answer): void {
  expect(readTokens(answer.text)).not.toContain(SECRET);
  if (PER_ITEM.has(id) || SAME_ANYWAY.has(id)) return;
  // A root that is lost is answered with no rights: to a device it must never look like a deletion (PE-2).
  if (id === 'drive.caps' && answer.status === 200) {
    expect(answer.text).toContain('"atoms":[],"syncRight":"none"');
    return;
  }
  // The operator belongs to no enterprise, and may be told so.
  const told = who === 'operator' ? [403, 404] : [404];
  expect(told, `${who}: ${answer.text}`).toContain(answer.status);
}

/** What only its requester finds, by the parameter that names it: how it is begun in an own folder. */
const BEGUN: Readonly<Record<string, (folder: string) => readonly [path: string, body: object]>> = {
  restoreId: (folder) => [`/nodes/${folder}/restores`, { at: new Date().toISOString() }],
  copyId: (folder) => [`/nodes/${folder}/copy`, { parentId: folder, opId: randomUUID() }],
  // Empty: by now an admin may have given the space no room.
  uploadId: (folder) => ['/files/uploads', { parentId: folder, name: randomUUID(), size: 0 }],
};

async function beginAll(api: ApiClient, folder: string): Promise<Record<string, string>> {
  const begun: Record<string, string> = {};
  for (const parameter of Object.keys(BEGUN)) begun[parameter] = await begin(api, parameter, folder);
  return begun;
}

async function begin(api: ApiClient, parameter: string, folder: string): Promise<string> {
  const { body } = await api.call('POST', ...BEGUN[parameter]!(folder));
  const id = body['id'] ?? body[parameter];
  if (typeof id !== 'string') throw new Error(`${parameter}: ${JSON.stringify(body)}`);
  return id;
}

/** A folder and a file of the caller's own, with what the route names of theirs; nothing for who belongs to no enterprise. */
async function ownPlaces(who: CallerName, { route }: Case): Promise<SampleIds[]> {
  const api = callers[who];
  const { body } = await api.get('/spaces');
  const spaces = (body['spaces'] ?? []) as { id: string; kind: string; rootId: string }[];
  const space = spaces.find(({ kind }) => kind === 'personal');
  if (!space) return [];
  const [folder, file] = [randomUUID(), randomUUID()];
  const empty = { content: { size: 0, chunks: [] }, mtimeMs: null, exec: false };
  await commit(api, space.id, [
    { kind: 'createFolder', opId: randomUUID(), nodeId: folder, parentId: space.rootId, name: folder },
    { kind: 'createFile', opId: randomUUID(), nodeId: file, parentId: folder, name: 'file', ...empty },
  ]);
  const { body: history } = await api.get(`/nodes/${file}/versions`);
  const [version] = (history['versions'] ?? []) as { id: string }[];
  const named: Record<string, string> = { spaceId: space.id, parentId: folder, root: folder, rootNodeId: folder };
  for (const parameter of Object.keys(BEGUN)) {
    if (route.path.includes(`:${parameter}`)) named[parameter] = await begin(api, parameter, folder);
  }
  const { body: given } = await api.call('PUT', `/nodes/${folder}/grants`, {
    to: { type: 'user', id: idOfChen(await people()) },
    role: 'viewer',
  });
  named['grantId'] = String(given['id']);
  return [
    { ...named, nodeId: folder },
    { ...named, nodeId: file, versionId: String(version?.id) },
  ];
}

/** People, teams and rights of everybody's own team, made anew for each question: many an answer takes them away. */
async function ofTheirTeam(): Promise<SampleIds> {
  const { body } = await server.admin.get('/teams?limit=1000');
  const team = (body['teams'] as { id: string; name: string }[]).find(({ name }) => name === 'Engineering');
  const made = async (path: string, what: object) =>
    String((await server.admin.call('POST', path, { name: randomUUID(), ...what })).body['id']);
  const email = `${randomUUID()}@matrix.example`;
  const userId = await made('/users', { email, password: 'correct horse battery', teamIds: [team?.id] });
  const [teamId, listId] = [await made('/teams', { parentId: team?.id }), await made('/action-lists', { atoms: [] })];
  const { body: grant } = await server.admin.call('PUT', `/nodes/${ids.own['nodeId']}/grants`, {
    to: { type: 'user', id: userId },
    role: 'viewer',
    syncRight: 'backer',
  });
  const named = { userId, id: userId, teamId, listId, parentId: String(team?.id), grantId: String(grant['id']) };
  return { ...ids.own, ...named, successorId: ids.own['userId'] ?? '' };
}

const OF_NO_ENTERPRISE = 'the operator has an account, and belongs to no enterprise whose drive it could use';
/** Cells that no request made from schemas alone opens, each with why. */
const NOT_SEEN_OPEN: Readonly<Record<string, Partial<Record<CallerName | 'everybody', string>>>> = {
  ...Object.fromEntries(
    [
      ...['session.seenNotices', 'session.ownDevices', 'session.notices', 'rights.viewers', 'rights.setFolderGrant'],
      ...[
        'rights.removeFolderGrant',
        'rights.preview',
        'rights.givenShares',
        'rights.folderGrants',
        'rights.actionLists',
      ],
      ...['files.upload', 'files.startUpload', 'files.sendBytes', 'files.finishUpload', 'files.cancelUpload'],
      'enterprise.feature',
    ].map((id) => [id, { operator: OF_NO_ENTERPRISE }]),
  ),
  'session.confirmDevice': { everybody: 'needs a device that waits for its person: see the specs of enrollment' },
  'shares.transfer': { everybody: 'needs a receiver who is not told by the schema: see shares/transfer.int.spec.ts' },
  'people.handOver': { everybody: 'needs a space that is kept of somebody deleted: see the specs of people-admin' },
  'operator.setEntitlement': { operator: 'names an enterprise, and the sample makes one up' },
  'enterprise.revokeEnrollmentToken': { everybody: 'names a token, and the sample makes one up' },
  'fleet.device': { team_admin: 'sees devices of the own teams, and the sample names one of none' },
  'enterprise.createUser': { team_admin: 'has to name an own team, which the schema does not require' },
  'enterprise.createTeam': { team_admin: 'has to name the team above, which the schema does not require' },
  'bin.purge': { device: 'VE-2: people alone delete for good' },
  'bin.emptyBin': { device: 'VE-2: people alone delete for good' },
};
const NOT_OPEN = new Set([401, 403, 404]);

describe('[PE-3] accounts that a route is for', () => {
  const asked = CASES.filter(({ id }) => id !== 'session.logout').toSorted(
    (one, other) => Number(one.route.method !== 'GET') - Number(other.route.method !== 'GET'),
  );
  it.each(asked)('are let in by $id, or there is a reason', async (each) => {
    const reasons = NOT_SEEN_OPEN[each.id] ?? {};
    for (const who of CALLERS.filter((caller) => mayCall(caller, each))) {
      const told: number[] = [];
      for (const using of [...(await ownPlaces(who, each)), await ofTheirTeam()]) {
        const { status } = await call(who, each, using);
        told.push(status);
        if (!NOT_OPEN.has(status)) break;
      }
      const isOpen = told.some((status) => !NOT_OPEN.has(status));
      const isExcused = (reasons[who] ?? reasons.everybody) !== undefined;
      expect([who, isOpen ? 'open' : 'not seen open', ...told]).toEqual([
        who,
        isExcused ? 'not seen open' : 'open',
        ...told,
      ]);
    }
  });
});

describe('nobody breaks the server', () => {
  const last = (each: Case) => (each.id === 'session.logout' ? 2 : each.route.method === 'GET' ? 0 : 1);
  const ordered = CASES.toSorted((one, other) => last(one) - last(other));
  it.each(ordered)('by $id on what is their own enterprise’s', async (each) => {
    for (const who of CALLERS.filter((caller) => mayCall(caller, each)).toSorted(adminsLast)) {
      const { status, text } = await call(who, each, ids.own);
      const isFull = status === 507; // QUOTA_EXCEEDED: a refusal, not a failure
      expect(status < 500 || isFull, `${who}: ${text}`).toBe(true);
      expect(status, `${who}: ${text}`).not.toBe(401);
      if (who !== 'operator') expect(readTokens(text)).not.toContain(SECRET);
    }
  });
});

/** What they remove is missing for those after them. */
function adminsLast(one: CallerName, other: CallerName): number {
  return Number(ADMINS.includes(one)) - Number(ADMINS.includes(other));
}
