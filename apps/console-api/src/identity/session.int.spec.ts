import { CSRF_HEADER } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';

let server: TestConsole;
beforeAll(async () => {
  server = await startTestConsole();
});
afterAll(() => server.stop());

const credentials = () => {
  const { enterpriseCode, adminEmail: email, adminPassword: password } = server.bootstrap;
  return { enterpriseCode, email, password };
};
const loginAgain = () => server.anybody.login(credentials());
const history = { on: true };

describe('log-on', () => {
  it('sets a cookie that scripts and other sites cannot use', async () => {
    const answer = await server.anybody.call('POST', '/session', credentials());
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^tideline_session=tls_/);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
  });

  it('finds the account whatever the case of its address', async () => {
    const answer = await server.anybody.call('POST', '/session', { ...credentials(), email: 'ADMIN@Tideline.Example' });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an unknown address', { email: 'nobody@tideline.example' }],
    ['an unknown enterprise', { enterpriseCode: 'nobody' }],
    ['an admin without the enterprise', { enterpriseCode: undefined }],
  ])('answers the same for %s', async (_, wrong) => {
    const answer = await server.anybody.call('POST', '/session', { ...credentials(), ...wrong });
    expect([answer.status, answer.body.code]).toEqual([401, 'WRONG_CREDENTIALS']);
  });

  it('lets the operator in without an enterprise, and into no enterprise', async () => {
    const { operatorEmail: email, operatorPassword: password } = server.bootstrap;
    const operator = await server.anybody.login({ email, password });
    expect((await operator.get('/session')).body).toMatchObject({ role: 'operator', enterprise: null });
    expect((await operator.get('/fleet/overview')).body.code).toBe('FORBIDDEN');
  });

  it('ends with signing out, with its expiry, and when the account is disabled', async () => {
    const [signedOut, disabled] = [await loginAgain(), await loginAgain()];
    expect((await signedOut.call('DELETE', '/session')).status).toBe(200);
    expect((await signedOut.get('/session')).body.code).toBe('NOT_SIGNED_IN');
    const { dataSource } = server.database;
    await dataSource.query(`UPDATE app_user SET disabled_at = now() WHERE email = $1`, [credentials().email]);
    expect((await disabled.get('/session')).body.code).toBe('NOT_SIGNED_IN');
    await dataSource.query(`UPDATE app_user SET disabled_at = NULL`);
    expect((await disabled.get('/session')).status).toBe(200);
    server.clock.advance(12 * 3_600_000);
    expect((await disabled.get('/session')).body.code).toBe('NOT_SIGNED_IN');
  });

  it('slows down who guesses', async () => {
    const guess = { enterpriseCode: 'tideline', email: 'guessed@tideline.example', password: 'x' };
    const codes: (string | undefined)[] = [];
    for (let attempt = 0; attempt < 21; attempt++) {
      codes.push((await server.anybody.call('POST', '/session', guess)).body.code);
    }
    expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'WRONG_CREDENTIALS'));
    expect(codes[20]).toBe('RATE_LIMITED');
  });
});

describe('changing requests of a browser', () => {
  const change = '/enterprise/feature/history';

  it('work with the CSRF token', async () => {
    const person = await loginAgain();
    expect((await person.call('PUT', change, history)).status).toBe(200);
    expect((await person.with({ origin: server.url }).call('PUT', change, history)).status).toBe(200);
  });

  it('are refused without it, with a wrong one, and from another site', async () => {
    const person = await loginAgain();
    const attempts = [
      person.without(CSRF_HEADER),
      person.with({ [CSRF_HEADER]: 'x'.repeat(32) }),
      person.with({ origin: 'https://evil.example' }),
      person.with({ origin: 'null' }),
    ];
    for (const attempt of attempts) {
      const answer = await attempt.call('PUT', change, history);
      expect([answer.status, answer.body.code]).toEqual([403, 'CSRF_REFUSED']);
    }
  });
});

describe('a body that is not well formed', () => {
  it('is answered with the field that is wrong', async () => {
    const person = await loginAgain();
    const answer = await person.call('PUT', '/enterprise/feature/history', { on: 'yes' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'INVALID_INPUT',
      params: { reason: expect.stringContaining('body.on') },
    });
  });
});
