import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

type Row = { readonly id: string };

let server: TestConsole;
const PASSWORD = 'correct horse battery';

beforeAll(async () => {
  server = await startTestConsole('demo');
  const teams = (await server.admin.get('/teams')).body['teams'] as Row[];
  for (let at = 0; at < 3; at++) {
    await server.admin.call('POST', '/teams', { name: `Team ${at}` });
    const person = { name: 'Of one name', email: `one${at}@acme.example`, password: PASSWORD };
    const { body } = await server.admin.call('POST', '/users', person);
    const token = { label: `t${at}`, userIds: [body['id']] };
    expect((await server.admin.call('POST', '/enrollment-tokens', token)).status).toBe(200);
    const folder = (await server.admin.get('/grants')).body['grants'] as { nodeId: string }[];
    const grant = { nodeId: folder[0]?.nodeId, to: { type: 'user', id: body['id'] }, syncRight: 'backer' };
    expect((await server.admin.call('PUT', '/grants', grant)).status).toBe(200);
    await handOver(`gone${at}@acme.example`, String(body['id']));
  }
  expect(teams.length).toBeGreaterThan(0);
});
afterAll(() => server.stop());

/** A user who is deleted with a successor. */
async function handOver(email: string, successorId: string): Promise<void> {
  const { body } = await server.admin.call('POST', '/users', { name: 'Gone', email, password: PASSWORD });
  const { status } = await server.admin.call('DELETE', `/users/${String(body['id'])}?successorId=${successorId}`);
  expect(status).toBe(200);
}

async function grantedFolder(): Promise<string> {
  const grants = (await server.admin.get('/grants')).body['grants'] as { nodeId: string }[];
  return grants[0]?.nodeId ?? '';
}

const LISTS: [name: string, path: () => Promise<string> | string, key: string][] = [
  ['users', () => '/users', 'users'],
  ['teams', () => '/teams', 'teams'],
  ['sync rights', () => '/grants', 'grants'],
  ['enrollment tokens', () => '/enrollment-tokens', 'tokens'],
  ['hand-overs', () => '/admin/handovers', 'handovers'],
  ['grants on a folder', async () => `/nodes/${await grantedFolder()}/grants`, 'grants'],
];

describe('a list of the console', () => {
  it.each(LISTS)('of %s is read in pages, each row once and in one order', async (_, pathOf, key) => {
    const path = await pathOf();
    const whole = await server.admin.get(path);
    const rows = whole.body[key] as Row[];
    expect(rows.length).toBeGreaterThan(2);
    expect(whole.body['next']).toBeNull();
    const paged: Row[] = [];
    for (let next: string | null = ''; next !== null;) {
      const after: string = next === '' ? '' : `&after=${next}`;
      const { status, body } = await server.admin.get(`${path}?limit=1${after}`);
      expect(status).toBe(200);
      expect(body[key]).toHaveLength(1);
      paged.push(...(body[key] as Row[]));
      next = body['next'] as string | null;
    }
    expect(paged).toEqual(rows);
  });

  it.each(LISTS)('of %s refuses positions that it did not give', async (_, pathOf) => {
    const path = await pathOf();
    const positions = [
      ['a\0b', randomUUID()],
      ['2026-02-31T00:00:00.000Z', randomUUID()],
      [1e9, randomUUID()],
      [0, 'x'],
      'x',
    ];
    for (const position of positions) {
      const after = Buffer.from(JSON.stringify(position)).toString('base64url');
      const { status, body } = await server.admin.get(`${path}?after=${after}`);
      if (status === 200)
        expect(typeof (position as unknown[])[0]).toBe('string'); // a name as good as any
      else expect([status, body['code']]).toEqual([400, 'INVALID_INPUT']);
    }
    expect((await server.admin.get(`${path}?limit=1001`)).status).toBe(400);
  });
});
