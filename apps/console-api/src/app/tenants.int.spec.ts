import { createHash, randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, routes, type RouteDef } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { sampleOf } from '../testing/sample-request.ts';
import { addSecondEnterprise, type SecondEnterprise } from '../testing/second-enterprise.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';

let server: TestConsole;
let other: SecondEnterprise;
let ours: { person: ApiClient; device: ApiClient };

beforeAll(async () => {
  server = await startTestConsole();
  other = await addSecondEnterprise(server);
  const { enrollmentToken, adminEmail } = server.bootstrap;
  ours = { person: server.admin, device: (await enrollDevice(server.anybody, enrollmentToken, adminEmail)).api };
});
afterAll(() => server.stop());

const bytes = Buffer.from('bytes');
const chunk = { hash: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };

/** What makes a request well formed, so that only the tenant can be the reason for its refusal. */
const filled = (): Record<string, { query?: string; body?: unknown }> => ({
  confirmDevice: { body: { allowed: true } },
  suspend: { body: { lifecycle: 'suspended' } },
  setQuota: { body: { quotaBytes: 1 } },
  handOver: { body: { successorId: randomUUID() } },
  changes: { query: `?root=${other.nodeId}&cursor=x` },
  listing: { query: `?root=${other.nodeId}` },
  digest: { query: `?root=${other.nodeId}` },
  caps: { query: `?root=${other.nodeId}` },
  opAnswers: { body: { opIds: [randomUUID()] } },
  missing: { body: { chunks: [chunk] } },
  restoreTrashed: { body: { nodeIds: [other.nodeId] } },
  purge: { body: { nodeIds: [other.nodeId] } },
  copyNode: { body: { parentId: other.nodeId, opId: randomUUID() } },
  moveToSpace: { body: { parentId: other.nodeId } },
  updateVersion: { body: { pinned: true } },
  bundle: { body: { nodes: [{ nodeId: other.nodeId, contentId: chunk.hash }] } },
  keptVersions: { body: { versions: [{ nodeId: other.nodeId, contentId: chunk.hash }] } },
  putPack: { body: { chunks: [chunk] } },
  batch: {
    body: {
      atomic: true,
      origin: 'upload',
      inline: [],
      ops: [{ kind: 'createFolder', opId: randomUUID(), nodeId: randomUUID(), parentId: other.nodeId, name: 'x' }],
    },
  },
});

const withIds: [name: string, route: RouteDef][] = Object.values(routes).flatMap((ofGroup) =>
  (Object.entries(ofGroup) as [string, RouteDef][]).filter(([, route]) =>
    /:(deviceId|spaceId|nodeId|grantId|tokenId)/.test(route.path),
  ),
);

async function call(api: ApiClient, name: string, route: RouteDef): Promise<{ status: number; text: string }> {
  const path = route.path.replace(
    /:(\w+)/g,
    (_, id: Exclude<keyof SecondEnterprise, 'admin'>) => other[id] ?? randomUUID(),
  );
  const { query = '', body } = filled()[name] ?? { body: route.body && sampleOf(route.body, {}) };
  const frame = Buffer.concat([...encodeFrame(body, [bytes]).map((part) => Buffer.from(part))]);
  const answer = await fetch(`${server.url}/api${path}${query}`, {
    method: route.method,
    headers: {
      ...api.headers,
      ...(body === undefined ? {} : { 'content-type': route.requestFrame ? FRAME_CONTENT_TYPE : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: route.requestFrame ? frame : JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('ids of another enterprise', () => {
  it('there are routes to try', () => {
    expect(withIds.length).toBeGreaterThan(10);
  });

  it.each(withIds)('%s answers as if they did not exist', async (name, route) => {
    const api = route.permission === 'device' ? ours.device : ours.person;
    const answer = await call(api, name, route);
    // These answer per item; what is not the caller's is left out, or told to be away.
    if (name === 'bundle' && answer.status === 200) expect(answer.text).toContain('"unavailable"');
    else if (name === 'opAnswers') expect(answer.text).toBe('{"outcomes":[]}');
    else if (name === 'keptVersions') expect(answer.text).toBe('{"kept":[]}');
    else expect([403, 404], answer.text).toContain(answer.status);
  });

  it('were not touched by trying', async () => {
    const { body } = await other.admin.get(`/fleet/devices/${other.deviceId}`);
    expect(body['device']).toMatchObject({ lifecycle: 'active' });
    expect((await other.admin.get('/grants')).body['grants']).toHaveLength(1);
    const { body: tokens } = await other.admin.get('/enrollment-tokens');
    expect(tokens['tokens']).toMatchObject([{ id: other.tokenId, revoked: false }]);
  });

  it('are in none of our lists', async () => {
    for (const path of ['/users', '/teams', '/grants', '/enrollment-tokens', '/fleet/devices', '/spaces']) {
      const { body } = await server.admin.get(path);
      const text = JSON.stringify(body);
      for (const id of [other.deviceId, other.spaceId, other.grantId, other.tokenId]) expect(text).not.toContain(id);
      expect(text).not.toContain('other.example');
    }
  });
});
