import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobRunner } from '../jobs/job-runner.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { ENTITLEMENT_END_JOB } from './entitlement-end.job.ts';

let server: TestConsole;
let operator: ApiClient;
const PASSWORD = 'correct horse battery';

beforeAll(async () => {
  server = await startTestConsole();
  const { operatorEmail, operatorPassword } = server.bootstrap;
  operator = await server.anybody.login({ email: operatorEmail, password: operatorPassword });
});
afterAll(() => server.stop());

type Body = Record<string, unknown>;
const wanted = { code: 'acme', name: 'Acme', admin: { name: 'Ada', email: 'Ada@acme.example' } };

describe('[EN-1] the platform operator', () => {
  it('adds an enterprise, whose admin chooses a password and cannot switch sync backup on before it is entitled', async () => {
    const { status, body } = await operator.call('POST', '/operator/enterprises', wanted);
    expect(status, JSON.stringify(body)).toBe(200);
    const { enterprise, invitation } = body as { enterprise: Body; invitation: Body };
    expect(enterprise).toMatchObject({ code: 'acme', entitled: false, syncOn: false, users: 1, usedBytes: 0 });
    await server.anybody.call('POST', '/invitations/accept', { secret: invitation['secret'], password: PASSWORD });
    const admin = await server.anybody.login({ enterpriseCode: 'acme', email: 'ada@acme.example', password: PASSWORD });
    expect((await admin.get('/session')).body['role']).toBe('super_admin');
    const { spaces } = (await admin.get('/spaces')).body as { spaces: { kind: string }[] };
    expect(spaces.map((space) => space.kind).sort()).toEqual(['enterprise', 'personal']);
    await admin.call('PUT', '/enterprise/feature/history', { on: true });
    const switchOn = () => admin.call('PUT', '/enterprise/feature/sync', { on: true, enterpriseCode: 'acme' });
    expect((await switchOn()).body.code).toBe('SYNC_NOT_ENTITLED');
    const until = new Date(server.clock.now().getTime() + 60_000).toISOString();
    const path = `/operator/enterprises/${String(enterprise['id'])}/entitlement`;
    const entitled = await operator.call('PUT', path, { plan: 'gold', entitled: true, preview: true, until });
    expect(entitled.body).toMatchObject({ plan: 'gold', entitled: true, preview: true, entitledUntil: until });
    expect((await switchOn()).body).toMatchObject({ syncOn: true });
    server.clock.advance(60_000);
    expect(await server.app.get(JobRunner).runNow(ENTITLEMENT_END_JOB)).toEqual({ enterprises: 1 });
    expect((await switchOn()).body.code).toBe('SYNC_NOT_ENTITLED');
  });

  it('sees enterprises from outside only, and nobody else sees them', async () => {
    const { body } = await operator.get('/operator/enterprises');
    expect((body['enterprises'] as Body[]).map((each) => each['code'])).toContain('tideline');
    expect(JSON.stringify(body)).not.toContain('@');
    expect((await server.admin.get('/operator/enterprises')).body.code).toBe('FORBIDDEN');
    expect((await operator.get('/users')).body.code).toBe('FORBIDDEN');
    expect((await operator.call('POST', '/operator/enterprises', { ...wanted, code: 'tideline' })).body.code).toBe(
      'ALREADY_EXISTS',
    );
  });
});
