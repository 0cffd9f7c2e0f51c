import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice, enrollRequest, requestToken, signIn, TestKey } from '../testing/test-device.ts';

let server: TestConsole;
let people: Record<'ada' | 'ben' | 'chen', { id: string; email: string }>;
let engineering: string;

beforeAll(async () => {
  server = await startTestConsole('demo');
  const { body } = await server.admin.get('/users');
  const users = body['users'] as { id: string; email: string; teams: { id: string; name: string }[] }[];
  const find = (name: string) => users.find((user) => user.email.startsWith(name)) as (typeof users)[number];
  people = { ada: find('ada'), ben: find('ben'), chen: find('chen') };
  engineering = find('ada').teams[0]?.id as string;
});
afterAll(() => server.stop());

const enroll = (token: string, email: string) =>
  server.anybody.call('POST', '/devices/enroll', enrollRequest(new TestKey(), { token, email }));

async function createToken(over: Record<string, unknown>): Promise<{ secret: string; id: string }> {
  const answer = await server.admin.call('POST', '/enrollment-tokens', { label: 'test', ...over });
  expect(answer.status).toBe(200);
  return { secret: answer.body['secret'] as string, id: (answer.body['token'] as { id: string }).id };
}

describe('enrollment', () => {
  it('lets a device of any user in with the first-start token, as often as wanted', async () => {
    const token = server.bootstrap.enrollmentToken;
    expect((await enroll(token, people.ada.email)).status).toBe(200);
    const answer = await enroll(token, people.ben.email.toUpperCase());
    expect(answer.body).toMatchObject({ user: { id: people.ben.id }, enterprise: { code: 'tideline' } });
  });

  it('keeps only hashes of secrets', async () => {
    const rows = await server.database.dataSource.query<object[]>('SELECT * FROM enrollment_token');
    expect(JSON.stringify(rows)).not.toContain(server.bootstrap.enrollmentToken);
  });

  it('refuses a wrong token', async () => {
    const answer = await enroll('tle_wrong', people.ada.email);
    expect([answer.status, answer.body.code]).toEqual([403, 'TOKEN_WRONG']);
  });

  it('refuses an unknown user by name', async () => {
    const answer = await enroll(server.bootstrap.enrollmentToken, 'nobody@tideline.example');
    expect(answer.body).toMatchObject({ code: 'USER_UNKNOWN', params: { email: 'nobody@tideline.example' } });
  });

  it('refuses a disabled user', async () => {
    const { dataSource } = server.database;
    await dataSource.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [people.chen.id]);
    expect((await enroll(server.bootstrap.enrollmentToken, people.chen.email)).body.code).toBe('USER_DISABLED');
    await dataSource.query('UPDATE app_user SET disabled_at = NULL WHERE id = $1', [people.chen.id]);
  });

  it('refuses a token made for somebody else', async () => {
    const { secret } = await createToken({ userIds: [people.ada.id], maxUses: null });
    expect((await enroll(secret, people.ben.email)).body.code).toBe('TOKEN_NOT_FOR_USER');
    expect((await enroll(secret, people.ada.email)).status).toBe(200);
  });

  it('lets the members of the token’s team in', async () => {
    const { secret } = await createToken({ teamId: engineering, maxUses: null });
    expect((await enroll(secret, people.ben.email)).status).toBe(200);
    expect((await enroll(secret, people.chen.email)).body.code).toBe('TOKEN_NOT_FOR_USER');
  });

  it('refuses a revoked token', async () => {
    const { secret, id } = await createToken({ userIds: [people.ada.id] });
    expect((await server.admin.call('DELETE', `/enrollment-tokens/${id}`)).status).toBe(200);
    expect((await enroll(secret, people.ada.email)).body.code).toBe('TOKEN_WRONG');
  });

  it('gives the last use to one device only, however many come at once', async () => {
    const { secret } = await createToken({ userIds: [people.ada.id], maxUses: 2 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => enroll(secret, people.ada.email)));
    const refused = answers.filter((answer) => answer.body.code === 'TOKEN_EXPIRED');
    expect([answers.filter((answer) => answer.status === 200).length, refused.length]).toEqual([2, 3]);
  });

  it('refuses the first-start token from another machine', async () => {
    const { EnrollmentService } = await import('./enrollment.service.ts');
    const { EnrollRequest } = await import('@tideline/contracts');
    const request = { token: server.bootstrap.enrollmentToken, email: people.ada.email };
    const parsed = EnrollRequest.parse(enrollRequest(new TestKey(), request));
    await expect(server.app.get(EnrollmentService).enroll(parsed, false)).rejects.toMatchObject({
      code: 'TOKEN_LOOPBACK_ONLY',
    });
  });

  it('[PE-5] a console-made token names users or a team', async () => {
    const answer = await server.admin.call('POST', '/enrollment-tokens', { label: 'for all' });
    expect(answer.body.code).toBe('INVALID_INPUT');
  });

  it('[PE-5] a device of a console-made token sees no personal space; one of the first-start token does', async () => {
    const { secret } = await createToken({ userIds: [people.ada.id], maxUses: null });
    const kindsSeen = async (token: string) => {
      const device = await enrollDevice(server.anybody, token, people.ada.email);
      const { body } = await device.api.get('/spaces');
      return (body['spaces'] as { kind: string }[]).map((space) => space.kind);
    };
    expect(await kindsSeen(secret)).not.toContain('personal');
    expect(await kindsSeen(server.bootstrap.enrollmentToken)).toContain('personal');
  });

  it('[PE-5] the person, and nobody else, opens the personal space to such a device', async () => {
    const { secret } = await createToken({ userIds: [people.ada.id] });
    const device = await enrollDevice(server.anybody, secret, people.ada.email);
    const password = (email: string) =>
      server.bootstrap.people?.find((person) => person.email === email)?.password ?? '';
    const signIn = (email: string) =>
      server.anybody.login({ enterpriseCode: 'tideline', email, password: password(email) });
    const [ada, ben] = [await signIn(people.ada.email), await signIn(people.ben.email)];
    const path = `/session/devices/${device.deviceId}/personal-space`;
    for (const other of [ben, server.admin])
      expect((await other.call('PUT', path, { allowed: true })).status).toBe(404);
    const told = (await ada.get('/session/devices')).body['devices'] as { id: string; readsPersonalSpace: boolean }[];
    expect(told.find(({ id }) => id === device.deviceId)).toMatchObject({ readsPersonalSpace: false });
    expect((await ada.call('PUT', path, { allowed: true })).status).toBe(200);
    const spaces = (await device.api.get('/spaces')).body['spaces'] as { kind: string }[];
    expect(spaces.map(({ kind }) => kind)).toContain('personal');
  });

  it('refuses an expired token', async () => {
    const { secret } = await createToken({ userIds: [people.ada.id], validHours: 1 });
    server.clock.advance(3_600_000);
    expect((await enroll(secret, people.ada.email)).body.code).toBe('TOKEN_EXPIRED');
    server.clock.advance(-3_600_000);
  });
});

describe('the log-on of a device', () => {
  it('needs the key of the device', async () => {
    const { deviceId } = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, people.ada.email);
    const answer = await requestToken(server.anybody, { deviceId, key: new TestKey() });
    expect([answer.status, answer.body.code]).toEqual([401, 'NOT_SIGNED_IN']);
  });

  it('spends a challenge once', async () => {
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, people.ada.email);
    const { body } = await server.anybody.call('POST', '/devices/challenge', { deviceId: device.deviceId });
    const challenge = String(body['challenge']);
    const signed = {
      deviceId: device.deviceId,
      challenge,
      signature: device.key.sign(challenge),
      agentVersion: '1.4.0',
    };
    expect((await server.anybody.call('POST', '/devices/token', signed)).status).toBe(200);
    expect((await server.anybody.call('POST', '/devices/token', signed)).body.code).toBe('NOT_SIGNED_IN');
  });

  it('refuses the challenge of another device, and a late one', async () => {
    const token = server.bootstrap.enrollmentToken;
    const [one, other] = [
      await enrollDevice(server.anybody, token, people.ada.email),
      await enrollDevice(server.anybody, token, people.ben.email),
    ];
    const answer = await server.anybody.call('POST', '/devices/challenge', { deviceId: other.deviceId });
    const challenge = String(answer.body['challenge']);
    const exchange = (deviceId: string, key: TestKey) => {
      const signed = { deviceId, challenge, signature: key.sign(challenge), agentVersion: '1.4.0' };
      return server.anybody.call('POST', '/devices/token', signed);
    };
    expect((await exchange(one.deviceId, one.key)).body.code).toBe('NOT_SIGNED_IN');
    server.clock.advance(61_000);
    expect((await exchange(other.deviceId, other.key)).body.code).toBe('NOT_SIGNED_IN');
  });

  it('lasts 15 minutes', async () => {
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, people.ada.email);
    server.clock.advance(14 * 60_000);
    expect((await device.api.get('/devices/self/tasks')).status).toBe(200);
    server.clock.advance(61_000);
    expect((await device.api.get('/devices/self/tasks')).body.code).toBe('NOT_SIGNED_IN');
    expect((await (await signIn(server.anybody, device)).get('/devices/self/tasks')).status).toBe(200);
  });

  it('ends with a suspension, at once and at the next log-on', async () => {
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, people.ada.email);
    const admin = await server.anybody.login({
      enterpriseCode: 'tideline',
      email: server.bootstrap.adminEmail,
      password: server.bootstrap.adminPassword,
    });
    const lifecycle = `/fleet/devices/${device.deviceId}/lifecycle`;
    expect((await admin.call('PUT', lifecycle, { lifecycle: 'suspended' })).status).toBe(200);
    expect((await device.api.get('/devices/self/tasks')).body.code).toBe('DEVICE_REVOKED');
    expect((await requestToken(server.anybody, device)).body.code).toBe('DEVICE_REVOKED');
    await admin.call('PUT', lifecycle, { lifecycle: 'active' });
    expect((await device.api.get('/devices/self/tasks')).status).toBe(200);
  });
});
