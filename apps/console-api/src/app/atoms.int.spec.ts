import { randomUUID } from 'node:crypto';
import {
  ATOMS,
  encodeFrame,
  FRAME_CONTENT_TYPE,
  routes,
  type Atom,
  type BatchOp,
  type RouteDef,
} from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, chunkOf, newId, ops } from '../drive/testing/drive-world.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

type Id = ReturnType<typeof newId<BatchOp['nodeId']>>;
/** A folder that was given to somebody with a list of actions, and what lies in it. */
type Scene = {
  readonly spaceId: string;
  readonly top: Id;
  readonly folder: Id;
  readonly file: Id;
  readonly program: Id;
  readonly trashed: Id;
  readonly oldVersion: string;
};
type Asking = (scene: Scene) => { path: string; body?: unknown; frame?: boolean };
/** PE-6, written down once more: which actions a route needs, and how the caller learns that they are missing. */
type Row = readonly [title: string, route: RouteDef, needs: readonly Atom[], ask: Asking];

const bytes = bytesOf('some bytes');
const contentId = chunkOf(bytes).hash;
const inNode = (route: RouteDef, id: string) => route.path.replace(':nodeId', id);
const inSpace = (route: RouteDef, { spaceId }: Scene) => route.path.replace(':spaceId', spaceId);
const batch = (op: (scene: Scene) => BatchOp): Asking => {
  return (scene) => ({
    path: inSpace(routes.drive.batch, scene),
    body: { atomic: true, ops: [op(scene)], inline: [] },
    frame: true,
  });
};
const ofNode =
  (
    route: RouteDef,
    which: 'top' | 'folder' | 'file' | 'program',
    more: { query?: string; body?: unknown } = {},
  ): Asking =>
  (scene) => ({ path: inNode(route, scene[which]) + (more.query ?? ''), body: more.body });
const ofSpace =
  (route: RouteDef, more: (scene: Scene) => { query?: string; body?: unknown; frame?: boolean }): Asking =>
  (scene) => {
    const { query = '', ...rest } = more(scene);
    return { path: inSpace(route, scene) + query, ...rest };
  };
const ofVersion =
  (route: RouteDef, more: { body?: unknown } = {}): Asking =>
  (scene) => ({ path: inNode(route, scene.file).replace(':versionId', scene.oldVersion), ...more });

const { drive, files, bin, versions, copy, restore } = routes;
const empty = { bytes: bytesOf('') };
const SEE: Atom[] = ['visible', 'list'];

const ROWS: readonly Row[] = [
  ['createFolder', drive.batch, ['create'], batch(({ folder }) => ops.folder(folder, 'new'))],
  ['createFile', drive.batch, ['create'], batch(({ folder }) => ops.file(folder, 'new', empty))],
  ['putVersion', drive.batch, ['update'], batch(({ file }) => ops.put(file, empty))],
  ['setMeta', drive.batch, ['update'], batch(({ file }) => ops.meta(file, true))],
  ['rename', drive.batch, ['move', 'list'], batch(({ file, folder }) => ops.move(file, folder, 'other.txt'))],
  ['move', drive.batch, ['move', 'create'], batch(({ file, top }) => ops.move(file, top, 'moved.txt'))],
  ['trash', drive.batch, ['delete'], batch(({ file }) => ops.trash(file))],
  ['restore', drive.batch, ['delete'], batch(({ trashed }) => ops.restore(trashed))],
  ['content', drive.content, ['download'], ofNode(drive.content, 'file')],
  [
    'an older content',
    drive.content,
    ['download'],
    (scene) => ofNode(drive.content, 'file', { query: `?version=${scene.oldVersion}` })(scene),
  ],
  ['manifest', drive.manifest, ['download'], ofNode(drive.manifest, 'file')],
  [
    'bundle',
    drive.bundle,
    ['download'],
    ofSpace(drive.bundle, ({ file }) => ({ body: { nodes: [{ nodeId: file, contentId }] } })),
  ],
  ['zip of a file', files.zip, ['download'], ({ file }) => ({ path: `${files.zip.path}?nodes=${file}` })],
  ['zip of a folder', files.zip, ['list'], ({ folder }) => ({ path: `${files.zip.path}?nodes=${folder}` })],
  ['preview', files.preview, ['preview'], ofNode(files.preview, 'file')],
  ['preview of what cannot be shown', files.preview, ['preview', 'download'], ofNode(files.preview, 'program')],
  ['children', drive.children, ['list'], ofNode(drive.children, 'folder')],
  ['versions', drive.versions, ['list'], ofNode(drive.versions, 'file')],
  [
    'kept versions',
    drive.keptVersions,
    ['list'],
    ofSpace(drive.keptVersions, ({ file }) => ({ body: { versions: [{ nodeId: file, contentId }] } })),
  ],
  ['listing', drive.listing, ['list'], ofSpace(drive.listing, ({ folder }) => ({ query: `?root=${folder}` }))],
  ['digest', drive.digest, ['list'], ofSpace(drive.digest, ({ folder }) => ({ query: `?root=${folder}` }))],
  [
    'restore from the bin',
    bin.restoreTrashed,
    ['delete'],
    ofSpace(bin.restoreTrashed, ({ trashed }) => ({ body: { nodeIds: [trashed] } })),
  ],
  ['purge', bin.purge, ['delete'], ofSpace(bin.purge, ({ trashed }) => ({ body: { nodeIds: [trashed] } }))],
  ['restore of a version', versions.restoreVersion, ['update'], ofVersion(versions.restoreVersion, { body: {} })],
  [
    'pin of a version',
    versions.updateVersion,
    ['update'],
    ofVersion(versions.updateVersion, { body: { pinned: true } }),
  ],
  ['deletion of a version', versions.deleteVersion, ['delete'], ofVersion(versions.deleteVersion)],
  [
    'copy',
    copy.copyNode,
    ['copy', 'download', 'create'],
    ({ file, top }) => ({ path: inNode(copy.copyNode, file), body: { parentId: top, opId: randomUUID() } }),
  ],
  [
    'start of an upload',
    files.startUpload,
    ['create'],
    ({ folder }) => ({ path: files.startUpload.path, body: { parentId: folder, name: 'up', size: 1 } }),
  ],
  [
    'restore to a moment',
    restore.plan,
    ['list', 'create', 'update', 'move', 'delete'],
    (scene) => ofNode(restore.plan, 'folder', { body: { at: new Date().toISOString() } })(scene),
  ],
];

/** These ask for something else than one action on what they name; the specs of each say what. */
const OTHERWISE: ReadonlySet<RouteDef> = new Set<RouteDef>([
  // Any writing action anywhere in the space, and the own operations of whoever asks.
  ...[drive.missing, drive.putPack, drive.opAnswers],
  // Answered to everybody by what they see of the space.
  ...[drive.spaces, drive.resolve, drive.caps, drive.changes, drive.trash, bin.emptyBin],
  // All of a folder, and the place it goes to in another space.
  ...[copy.moveToSpace, routes.shares.transfer],
  // Visible to oneself, and about others the right to give rights.
  ...[routes.rights.explain, routes.rights.viewers, routes.rights.folderGrants],
  ...[routes.rights.setFolderGrant, routes.rights.removeFolderGrant],
  // What was begun by the caller with the rights above.
  ...[
    copy.copyState,
    copy.spaceCopies,
    copy.cancelCopy,
    restore.inSpace,
    restore.get,
    restore.steps,
    restore.apply,
    restore.cancel,
  ],
  ...[files.upload, files.sendBytes, files.finishUpload, files.cancelUpload],
]);

let server: TestConsole;
let somebody: { readonly id: string; readonly api: ApiClient };
let space: { readonly id: string; readonly rootId: Id };
const lists = new Map<string, string>();

beforeAll(async () => {
  server = await startTestConsole();
  const [email, password] = ['atoms@acme.example', 'correct horse battery'];
  const { body: user } = await server.admin.call('POST', '/users', { name: 'Atoms', email, password });
  const api = await server.anybody.login({ enterpriseCode: server.bootstrap.enterpriseCode, email, password });
  somebody = { id: String(user['id']), api };
  const { body: team } = await server.admin.call('POST', '/teams', { name: 'Others' });
  const { body } = await server.admin.get('/spaces');
  space = (body['spaces'] as (typeof space & { teamId?: string; kind: string })[]).find(({ kind }) => kind === 'team')!;
  expect(team['id']).toBeDefined();
});
afterAll(() => server.stop());

async function send(
  api: ApiClient,
  { path, body, frame }: ReturnType<Asking>,
  method: string,
  parts: Uint8Array[] = [],
) {
  const content = frame
    ? Buffer.concat([...encodeFrame(body, parts)].map((part) => Buffer.from(part)))
    : JSON.stringify(body);
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: {
      ...api.headers,
      ...(body === undefined ? {} : { 'content-type': frame ? FRAME_CONTENT_TYPE : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: content }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function makeScene(): Promise<Scene> {
  const [top, folder] = [ops.folder(space.rootId, randomUUID()), newId<Id>()];
  const inTop = ops.folder(top.nodeId, 'folder', folder);
  const made = ['file.txt', 'program.exe', 'trashed.txt'].map((name) => ops.file(folder, name, empty));
  const [file, program, trashed] = made.map(({ nodeId }) => nodeId) as [Id, Id, Id];
  const wanted = [top, inTop, ...made, ops.put(file, { bytes }), ops.put(program, { bytes }), ops.trash(trashed)];
  const body = { atomic: false, ops: wanted, inline: [chunkOf(bytes)] };
  const path = routes.drive.batch.path.replace(':spaceId', space.id);
  const answer = await send(server.admin, { path, body, frame: true }, 'POST', [bytes]);
  expect(answer.text).not.toContain('"refused"');
  const { body: history } = await server.admin.get(`/nodes/${file}/versions`);
  const [, old] = history['versions'] as { id: string }[];
  return { spaceId: space.id, top: top.nodeId, folder, file, program, trashed, oldVersion: old!.id };
}

async function listOf(atoms: readonly Atom[]): Promise<string> {
  const name = atoms.toSorted().join();
  const known = lists.get(name);
  if (known) return known;
  const { body } = await server.admin.call('POST', '/action-lists', { name, atoms });
  lists.set(name, String(body['id']));
  return String(body['id']);
}

/** Whether somebody with these actions, and no others, gets what is asked for. */
async function isAllowed([, route, , ask]: Row, atoms: readonly Atom[]): Promise<boolean> {
  const scene = await makeScene();
  const to = { type: 'user', id: somebody.id };
  const given = await server.admin.call('PUT', `/nodes/${scene.top}/grants`, { to, actionListId: await listOf(atoms) });
  expect(given.status).toBe(200);
  const { status, text } = await send(somebody.api, ask(scene), route.method);
  if (status === 403 || status === 404) return false;
  expect(status, text).toBeLessThan(300);
  if (route === drive.children) return text.includes('file.txt'); // who may not list is shown the way through only
  return !/"status":"(refused|unavailable)"/.test(text) && text !== '{"kept":[]}';
}

describe('[PE-6] the actions that a route needs', () => {
  it.each(ROWS)('%s', { timeout: 60_000 }, async (...row) => {
    const [, , needs] = row;
    expect(await isAllowed(row, [...new Set([...SEE.slice(0, 1), ...needs])])).toBe(true);
    for (const atom of new Set<Atom>(['visible', ...needs])) {
      const others = ATOMS.filter((each) => each !== atom);
      expect([atom, await isAllowed(row, others)]).toEqual([atom, false]);
    }
  });

  it('are told above for every route that names a node or a space', () => {
    const told = new Set([...ROWS.map(([, route]) => route), ...OTHERWISE]);
    const untold = Object.entries(routes).flatMap(([group, ofGroup]) =>
      (Object.entries(ofGroup) as [string, RouteDef][])
        .filter(([, { permission }]) => permission === 'drive' || permission === 'person')
        .filter(([, route]) => /:(nodeId|spaceId)/.test(route.path) || group === 'files' || group === 'drive')
        .filter(([, route]) => !told.has(route))
        .map(([name]) => `${group}.${name}`),
    );
    expect(untold).toEqual([]);
  });
});
