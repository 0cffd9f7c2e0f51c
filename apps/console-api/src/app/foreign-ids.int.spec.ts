import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, routes, type RouteDef } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { sampleOf } from '../testing/sample-request.ts';
import { addSecondEnterprise, type SecondEnterprise } from '../testing/second-enterprise.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';

let server: TestConsole;
let other: SecondEnterprise;
let foreign: readonly string[];
let ours: { readonly person: ApiClient; readonly device: ApiClient; readonly ids: Readonly<Record<string, string>> };

beforeAll(async () => {
  server = await startTestConsole();
  other = await addSecondEnterprise(server);
  const { enrollmentToken, adminEmail } = server.bootstrap;
  const device = await enrollDevice(server.anybody, enrollmentToken, adminEmail);
  const { spaces } = (await server.admin.get('/spaces')).body as { spaces: { id: string; rootId: string }[] };
  const user = await server.admin.call('POST', '/users', { name: 'U', email: 'u@ours.example', password: PASSWORD });
  const mine = await server.admin.call('POST', '/teams', { name: 'Ours' });
  const [userId, teamId] = [String(user.body['id']), String(mine.body['id'])];
  const [spaceId = '', root = ''] = [spaces[0]?.id, spaces[0]?.rootId];
  const ids = {
    ...{ userId, userIds: userId, successorId: userId, id: userId, teamId, teamIds: teamId },
    ...{ deviceId: device.deviceId, spaceId, nodeId: root, nodeIds: root, nodes: root, parentId: root, root },
  };
  ours = { person: server.admin, device: device.api, ids };
  const team = await other.admin.call('POST', '/teams', { name: 'Verschlusssache' });
  const { body } = await other.admin.get('/users');
  const [olga] = body['users'] as { id: string }[];
  foreign = [other.nodeId, other.spaceId, other.deviceId, other.grantId, String(team.body['id']), olga?.id ?? ''];
});
afterAll(() => server.stop());

const PASSWORD = 'correct horse battery';
/** Enough to meet every kind of operation of a batch and every other choice of a schema. */
const FORMS = 8;

type Asked = { readonly name: string; readonly route: RouteDef; readonly form: number };

function listAsked(): (Asked & { readonly field: string })[] {
  const seen = new Set<string>();
  return Object.entries(routes).flatMap(([group, ofGroup]) =>
    (Object.entries(ofGroup) as [string, RouteDef][])
      .filter(([, { permission }]) => group !== 'session' && permission !== 'public' && permission !== 'operator')
      .flatMap(([name, route]) =>
        Array.from({ length: FORMS }, (_, form) => ({ name: `${group}.${name}`, route, form })),
      )
      .flatMap((asked) => idFields(asked).map((field) => ({ ...asked, field })))
      // An operation of a batch is another question with each of its forms.
      .filter(({ name, field, form }) => {
        const key = `${name} ${field} ${name === 'drive.batch' ? form : ''}`;
        return !seen.has(key) && seen.add(key);
      }),
  );
}

/** Names of the fields in body and query that hold an id; those that whoever sends them makes up are no one's. */
function idFields({ route, form }: Asked): string[] {
  const names = new Set<string>();
  const ids = new Proxy<Record<string, string>>({}, { get: (_, name) => void names.add(String(name)) });
  for (const schema of [route.body, route.query]) if (schema) sampleOf(schema, ids, form);
  return [...names].filter((name) => !MADE_UP.has(name));
}
const MADE_UP: ReadonlySet<string> = new Set(['opId', 'opIds', 'key', 'reservation']);

async function answerTo({ route, form }: Asked, field: string, id: string): Promise<{ text: string; status: number }> {
  const ids = { ...ours.ids, [field]: id };
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => ours.ids[name] ?? UNKNOWN);
  const query = new URLSearchParams(route.query ? (sampleOf(route.query, ids, form) as Record<string, string>) : {});
  const body = route.body && sampleOf(route.body, ids, form);
  const frame = Buffer.concat([...encodeFrame(body, [])].map((part) => Buffer.from(part)));
  const api = route.permission === 'device' ? ours.device : ours.person;
  const answer = await fetch(`${server.url}/api${path}?${query.toString()}`, {
    method: route.method,
    headers: { ...api.headers, 'content-type': route.requestFrame ? FRAME_CONTENT_TYPE : 'application/json' },
    ...(body === undefined ? {} : { body: route.requestFrame ? frame : JSON.stringify(body) }),
  });
  return { status: answer.status, text: plain(await answer.text(), id) };
}
const UNKNOWN = randomUUID();

/** Without what differs between any two answers. */
function plain(text: string, id: string): string {
  return text
    .replaceAll(id, 'ID')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replaceAll(/\d{4}-\d\d-[\dT:.]+Z/g, 'TIME');
}

describe('an id of another enterprise anywhere in a body or query', () => {
  it('[PE-2] is answered word by word like one that nobody has', { timeout: 120_000 }, async () => {
    const told: string[] = [];
    const asked = listAsked();
    let differentForOurs = 0;
    for (const each of asked) {
      const { name, form, field } = each;
      const expected = await answerTo(each, field, randomUUID());
      for (const id of foreign) {
        const answer = await answerTo(each, field, id);
        if (JSON.stringify(answer) === JSON.stringify(expected)) continue;
        told.push(`${name} form ${form}, ${field}: ${JSON.stringify(expected)} but ${JSON.stringify(answer)}`);
      }
      const own = ours.ids[field];
      if (own && (await answerTo(each, field, own)).text !== expected.text) differentForOurs += 1;
    }
    expect(told).toEqual([]);
    expect(asked.length).toBeGreaterThan(30);
    expect(differentForOurs).toBeGreaterThan(5); // the requests come as far as the question
  });

  it('left the other enterprise as it was', async () => {
    expect((await other.admin.get('/teams')).body['teams']).toMatchObject([{ name: 'Verschlusssache', members: 0 }]);
    expect((await other.admin.get('/grants')).body['grants']).toHaveLength(1);
    const { body } = await other.admin.get(`/fleet/devices/${other.deviceId}`);
    expect(body['device']).toMatchObject({ lifecycle: 'active' });
  });
});
