import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.ts';
import { addSecondEnterprise } from '../testing/second-enterprise.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';

const PASSWORD = 'correct horse battery';
let server: TestConsole;
let count = 0;
type Person = { readonly id: string; readonly email: string; readonly api: ApiClient };
type Body = Record<string, unknown>;

beforeAll(async () => {
  server = await startTestConsole();
});
afterAll(() => server.stop());

async function team(name: string, parentId: string | null = null): Promise<string> {
  const { body } = await server.admin.call('POST', '/teams', { name: `${name} ${(count += 1)}`, parentId });
  return String(body['id']);
}

async function person(role = 'user', teamIds: string[] = []): Promise<Person> {
  const email = `person${(count += 1)}@acme.example`;
  const wanted = { name: `Person ${count}`, email, password: PASSWORD, role, teamIds };
  const { status, body } = await server.admin.call('POST', '/users', wanted);
  expect(status, JSON.stringify(body)).toBe(200);
  const api = await server.anybody.login({ enterpriseCode: 'tideline', email, password: PASSWORD });
  return { id: String(body['id']), email, api };
}

const give = (by: ApiClient, to: Person, change: Body) => by.call('PATCH', `/users/${to.id}`, change);
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => body.code ?? status;

describe('[PE-3] roles', () => {
  it('the super admin appoints drive admins, a drive admin team admins and nobody as high as himself', async () => {
    const [drive, other] = [await person(), await person()];
    expect((await give(server.admin, drive, { role: 'drive_admin' })).body['role']).toBe('drive_admin');
    expect((await give(drive.api, other, { role: 'team_admin' })).body['role']).toBe('team_admin');
    expect(codeOf(await give(drive.api, other, { role: 'drive_admin' }))).toBe('FORBIDDEN');
    expect(codeOf(await give(drive.api, drive, { role: 'super_admin' }))).toBe('FORBIDDEN');
    const made = { name: 'X', email: 'x@acme.example', password: PASSWORD, role: 'drive_admin' };
    expect(codeOf(await drive.api.call('POST', '/users', made))).toBe('FORBIDDEN');
  });

  it('a change of role holds for sessions that are open', async () => {
    const drive = await person('drive_admin');
    expect((await drive.api.get('/users')).status).toBe(200);
    await give(server.admin, drive, { role: 'user' });
    expect(codeOf(await drive.api.get('/users'))).toBe('FORBIDDEN');
  });

  it('a team admin owns the own team and those below: sees, makes, renames and disables users there, and no others', async () => {
    const top = await team('Top');
    const below = await team('Below', top);
    const beside = await team('Beside');
    const chief = await person('team_admin', [top]);
    const [mine, deep, foreign] = [
      await person('user', [top]),
      await person('user', [below]),
      await person('user', [beside]),
    ];
    const seen = ((await chief.api.get('/users')).body['users'] as { id: string }[]).map((user) => user.id);
    expect(seen).toEqual(expect.arrayContaining([mine.id, deep.id]));
    expect(seen).not.toContain(foreign.id);
    expect((await give(chief.api, deep, { name: 'Renamed' })).body['name']).toBe('Renamed');
    expect(codeOf(await give(chief.api, foreign, { name: 'Renamed' }))).toBe('NOT_FOUND');
    expect(codeOf(await give(chief.api, mine, { role: 'team_admin' }))).toBe('FORBIDDEN');
    expect((await give(chief.api, mine, { teamIds: [below] })).body['teams']).toMatchObject([{ id: below }]);
    expect(codeOf(await give(chief.api, mine, { teamIds: [below, beside] }))).toBe('FORBIDDEN');
    expect(codeOf(await give(chief.api, mine, { teamIds: [] }))).toBe('FORBIDDEN');
    const made = { name: 'New', email: 'new@acme.example', password: PASSWORD, teamIds: [below] };
    expect(codeOf(await chief.api.call('POST', '/users', { ...made, teamIds: [] }))).toBe('FORBIDDEN');
    expect(codeOf(await chief.api.call('POST', '/users', { ...made, teamIds: [beside] }))).toBe('FORBIDDEN');
    expect((await chief.api.call('POST', '/users', made)).status).toBe(200);
    expect(codeOf(await chief.api.call('PUT', `/teams/${top}/members/${foreign.id}`, {}))).toBe('NOT_FOUND');
    expect(codeOf(await chief.api.call('PUT', `/users/${foreign.id}/disabled`, { disabled: true }))).toBe('NOT_FOUND');
    expect((await chief.api.call('PUT', `/users/${deep.id}/disabled`, { disabled: true })).body['disabled']).toBe(true);
    expect(codeOf(await chief.api.call('DELETE', `/users/${deep.id}`))).toBe('FORBIDDEN');
  });

  it('the super admin stays until the role is handed over, and then is a drive admin', async () => {
    const me = (await server.admin.get('/session')).body['userId'] as string;
    const heir = await person();
    for (const answer of [
      await server.admin.call('PATCH', `/users/${me}`, { role: 'user' }),
      await server.admin.call('PUT', `/users/${me}/disabled`, { disabled: true }),
      await server.admin.call('DELETE', `/users/${me}`),
    ]) {
      expect(codeOf(answer)).toBe('LAST_SUPER_ADMIN');
    }
    await give(server.admin, heir, { role: 'super_admin' });
    expect((await server.admin.get('/session')).body['role']).toBe('drive_admin');
    expect((await heir.api.call('PATCH', `/users/${me}`, { role: 'super_admin' })).status).toBe(200);
    const roles = await server.database.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM app_user WHERE role = 'super_admin'`,
    );
    expect(roles).toEqual([{ n: 1 }]);
  });
});

describe('disabling a user', () => {
  it('ends sessions and device access at once, pauses the tasks with a reason, and is undone by enabling', async () => {
    const ada = await person();
    const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, ada.email);
    const { spaces } = (await device.api.get('/spaces')).body as {
      spaces: { id: string; rootId: string; kind: string }[];
    };
    const own = spaces.find((space) => space.kind === 'personal');
    const taskId = crypto.randomUUID();
    const wanted = { mode: 'bidirectional', spaceId: own?.id, rootNodeId: own?.rootId, localPath: '/home/ada' };
    expect((await device.api.call('PUT', `/devices/self/tasks/${taskId}`, wanted)).status).toBe(200);
    await server.admin.call('PUT', `/users/${ada.id}/disabled`, { disabled: true });
    expect(codeOf(await ada.api.get('/spaces'))).toBe('NOT_SIGNED_IN');
    expect(codeOf(await device.api.get('/spaces'))).toBe('DEVICE_REVOKED');
    const login = { enterpriseCode: 'tideline', email: ada.email, password: PASSWORD };
    expect(codeOf(await server.anybody.call('POST', '/session', login))).toBe('WRONG_CREDENTIALS');
    const [task] = await server.database.dataSource.query<Body[]>(
      `SELECT status, reason FROM sync_task WHERE id = $1`,
      [taskId],
    );
    expect(task).toEqual({ status: 'paused', reason: 'admin' });
    await server.admin.call('PUT', `/users/${ada.id}/disabled`, { disabled: false });
    server.clock.advance(5_000);
    expect((await device.api.get('/spaces')).status).toBe(200);
    expect((await server.anybody.call('POST', '/session', login)).status).toBe(200);
  });
});

describe('an invitation', () => {
  it('is good once, for choosing a password; it ends the sessions that were', async () => {
    const ada = await person();
    const { body } = await server.admin.call('POST', `/users/${ada.id}/invitation`);
    const accept = (password: string) =>
      server.anybody.call('POST', '/invitations/accept', { secret: body['secret'], password });
    expect((await accept('another password')).status).toBe(200);
    expect(codeOf(await ada.api.get('/session'))).toBe('NOT_SIGNED_IN');
    expect(codeOf(await accept('a third password'))).toBe('INVITATION_WRONG');
    const login = (password: string) =>
      server.anybody.call('POST', '/session', { enterpriseCode: 'tideline', email: ada.email, password });
    expect((await login('another password')).status).toBe(200);
    expect(codeOf(await login(PASSWORD))).toBe('WRONG_CREDENTIALS');
  });

  it('expires', async () => {
    const ada = await person();
    const { body } = await server.admin.call('POST', `/users/${ada.id}/invitation`);
    server.clock.advance(15 * 86_400_000);
    const late = { secret: body['secret'], password: 'another password' };
    expect(codeOf(await server.anybody.call('POST', '/invitations/accept', late))).toBe('INVITATION_WRONG');
    server.clock.advance(-15 * 86_400_000);
  });
});

describe('the team tree', () => {
  it('renames a team with its space, and moves it, but never into itself', async () => {
    const [top, below] = [await team('A'), await team('B')];
    expect((await server.admin.call('PATCH', `/teams/${below}`, { parentId: top })).body['parentId']).toBe(top);
    expect(codeOf(await server.admin.call('PATCH', `/teams/${top}`, { parentId: below }))).toBe('TEAM_CYCLE');
    expect(codeOf(await server.admin.call('PATCH', `/teams/${top}`, { parentId: top }))).toBe('TEAM_CYCLE');
    expect((await server.admin.call('PATCH', `/teams/${top}`, { name: 'Renamed' })).body['name']).toBe('Renamed');
    const { spaces } = (await server.admin.get('/admin/spaces?search=Renamed&kind=team')).body as { spaces: Body[] };
    expect(spaces).toMatchObject([{ kind: 'team', name: 'Renamed' }]);
    expect(codeOf(await server.admin.call('PATCH', `/teams/${below}`, { name: 'Renamed' }))).toBe('ALREADY_EXISTS');
  });

  it('deletes a team only when nobody and nothing is in it; the name is free again', async () => {
    const top = await team('Leaving');
    const below = await team('Leaving', top);
    const ada = await person('user', [below]);
    const remove = (id: string) => server.admin.call('DELETE', `/teams/${id}`);
    expect(codeOf(await remove(top))).toBe('TEAM_NOT_EMPTY');
    expect(codeOf(await remove(below))).toBe('TEAM_NOT_EMPTY');
    await server.admin.call('DELETE', `/teams/${below}/members/${ada.id}`);
    expect((await remove(below)).status).toBe(200);
    const { body } = await server.admin.call('PATCH', `/teams/${top}`, { name: 'Leaving for good' });
    expect(body['name']).toBe('Leaving for good');
    expect((await remove(top)).status).toBe(200);
    expect((await server.admin.call('POST', '/teams', { name: 'Leaving for good' })).status).toBe(200);
    const { spaces } = (await server.admin.get('/admin/spaces?kept=true&kind=team')).body as { spaces: Body[] };
    expect(spaces.map((space) => String(space['name']).slice(0, 17))).toContain('Leaving for good ');
  });

  it('a team admin shapes what lies below the own team only', async () => {
    const top = await team('Mine');
    const below = await team('Mine', top);
    const chief = await person('team_admin', [top]);
    expect(codeOf(await chief.api.call('PATCH', `/teams/${top}`, { name: 'Mine now' }))).toBe('FORBIDDEN');
    expect((await chief.api.call('PATCH', `/teams/${below}`, { name: 'Below now' })).status).toBe(200);
    expect(codeOf(await chief.api.call('PATCH', `/teams/${below}`, { parentId: null }))).toBe('FORBIDDEN');
    expect((await chief.api.call('POST', '/teams', { name: 'Deeper', parentId: below })).status).toBe(200);
    expect(codeOf(await chief.api.call('POST', '/teams', { name: 'On top', parentId: null }))).toBe('FORBIDDEN');
    const other = await team('Other');
    expect(codeOf(await chief.api.get(`/teams/${other}/members`))).toBe('NOT_FOUND');
    expect(codeOf(await chief.api.call('PATCH', `/teams/${other}`, { name: 'x' }))).toBe('NOT_FOUND');
  });
});

describe('quotas', () => {
  it('are set by kind for new spaces, and for one space apart from that', async () => {
    const before = await person();
    await server.admin.call('PUT', '/admin/quotas', { kind: 'personal', quotaBytes: 1000 });
    const after = await person();
    const quotaOf = async ({ id }: Person) =>
      ((await server.admin.get('/users')).body['users'] as { id: string; space: Body }[]).find((user) => user.id === id)
        ?.space;
    expect([await quotaOf(before), await quotaOf(after)]).toEqual([
      { usedBytes: 0, quotaBytes: null },
      { usedBytes: 0, quotaBytes: 1000 },
    ]);
    const { spaces } = (await after.api.get('/spaces')).body as { spaces: { id: string; kind: string }[] };
    const own = spaces.find((space) => space.kind === 'personal');
    await server.admin.call('PUT', `/admin/spaces/${own?.id}/quota`, { quotaBytes: 5 });
    await server.admin.call('PUT', '/admin/quotas', { kind: 'personal', quotaBytes: 2000, applyToExisting: true });
    expect([await quotaOf(before), await quotaOf(after)]).toMatchObject([{ quotaBytes: 2000 }, { quotaBytes: 5 }]);
    await server.admin.call('PUT', '/admin/quotas', { kind: 'personal', quotaBytes: null, applyToExisting: true });
  });
});

describe('an import of users', () => {
  const send = (csv: string, dryRun: boolean, api = server.admin) => api.call('POST', '/users/import', { csv, dryRun });

  it('tells first, then does, and does nothing when sent again', async () => {
    const design = await team('Design');
    const name = ((await server.admin.get('/teams')).body['teams'] as { id: string; name: string }[]).find(
      (each) => each.id === design,
    )?.name;
    const csv = `\uFEFFemail,name,teams,role,quotaGiB\r\nEve@Acme.example,"Eve, the first",${name},,1.5\r\nian@acme.example,Ian,,viewer,\r\n`;
    const dry = await send(csv, true);
    expect(dry.body).toMatchObject({ applied: false, created: 2, updated: 0, problems: [], invitations: [] });
    expect(
      ((await server.admin.get('/users')).body['users'] as { email: string }[]).map((user) => user.email),
    ).not.toContain('eve@acme.example');
    const done = await send(csv, false);
    expect(done.body).toMatchObject({ applied: true, created: 2 });
    const users = (await server.admin.get('/users')).body['users'] as Body[];
    expect(users.find((user) => user['email'] === 'eve@acme.example')).toMatchObject({
      name: 'Eve, the first',
      role: 'user',
      teams: [{ id: design }],
      space: { quotaBytes: 1.5 * 1024 ** 3 },
    });
    expect((await send(csv, false)).body).toMatchObject({
      applied: true,
      created: 0,
      updated: 0,
      unchanged: 2,
      invitations: [],
    });
    const [eve] = done.body['invitations'] as { secret: string }[];
    await server.anybody.call('POST', '/invitations/accept', { secret: eve?.secret, password: PASSWORD });
    const api = await server.anybody.login({
      enterpriseCode: 'tideline',
      email: 'eve@acme.example',
      password: PASSWORD,
    });
    const { spaces } = (await api.get('/spaces')).body as { spaces: { kind: string }[] };
    expect(spaces.some((space) => space.kind === 'personal')).toBe(true);
  });

  it('[PE-2] tells by a dry run which tasks the people of the table would have paused, and waits for no writer', async () => {
    const [old, fresh] = [await team('Old'), await team('Fresh')];
    const nameOf = async (id: string) =>
      ((await server.admin.get('/teams')).body['teams'] as Body[]).find((each) => each['id'] === id)?.['name'];
    const [ada, ben] = [await person('user', [old]), await person('user', [old])];
    const { spaces } = (await server.admin.get('/spaces')).body as {
      spaces: { id: string; name: string; rootId: string }[];
    };
    const name = String(await nameOf(old));
    const space = spaces.find((each) => each.name === name);
    const given = { to: { type: 'team', id: old }, syncRight: 'backer', subTeams: true, expiresAt: null };
    await server.admin.call('PUT', `/nodes/${String(space?.rootId)}/grants`, given);
    for (const who of [ada, ben]) {
      const { deviceId } = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, who.email);
      await server.database.dataSource.query(
        `INSERT INTO sync_task (enterprise_id, device_id, id, mode, space_id, space_kind, root_node_id, local_path, cloud_path)
         SELECT enterprise_id, id, gen_random_uuid(), 'upload', $2, 'team', $3, '/x', 'team/x:/' FROM device WHERE id = $1`,
        [deviceId, space?.id, space?.rootId],
      );
    }
    const csv = `name,email,teams\nAda,${ada.email},${String(await nameOf(fresh))}\nBen,${ben.email},${name}\nNew,new${count}@acme.example,\n`;
    const holder = server.database.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT FROM app_user WHERE id = $1 FOR UPDATE', [ada.id]);
    const dry = await send(csv, true);
    expect(dry.body).toMatchObject({ created: 1, updated: 2, impact: { pausedTasks: 1, devices: 1, people: 1 } });
    await holder.rollbackTransaction();
    await holder.release();
    expect((await send(`name,email\n,${ada.email}\n`, true)).body['impact']).toBeNull();
    expect((await send(csv, false)).body).toMatchObject({ applied: true, impact: null });
    expect((await send(csv, true)).body).toMatchObject({ updated: 0, impact: { pausedTasks: 0, tasks: [] } });
  });

  it('names line, column and code of everything that is wrong, and then does nothing', async () => {
    const lines = [
      'name,email,role,teams,quotaGiB',
      'Good,good@acme.example,,,',
      ',empty@acme.example,,,',
      'No address,nobody,,,',
      'Twice,good@acme.example,,,',
      'Role,role@acme.example,emperor,,',
      'Too high,high@acme.example,super_admin,,',
      'Team,team@acme.example,,No such team,',
      'Quota,quota@acme.example,,,-1',
    ];
    const { body } = await send(lines.join('\n'), false);
    expect(body['applied']).toBe(false);
    expect(body['problems']).toMatchObject([
      { line: 3, column: 'name', code: 'NAME_INVALID' },
      { line: 4, column: 'email', code: 'EMAIL_INVALID', value: 'nobody' },
      { line: 5, column: 'email', code: 'EMAIL_TWICE' },
      { line: 6, column: 'role', code: 'ROLE_UNKNOWN' },
      { line: 7, column: 'role', code: 'ROLE_FORBIDDEN' },
      { line: 8, column: 'teams', code: 'TEAM_UNKNOWN' },
      { line: 9, column: 'quotaGiB', code: 'QUOTA_INVALID' },
    ]);
    const users = (await server.admin.get('/users')).body['users'] as { email: string }[];
    expect(users.map((user) => user.email)).not.toContain('good@acme.example');
  });

  it.each([
    ['nothing', '', 'COLUMN_MISSING'],
    ['no header', 'Ada,ada@acme.example', 'COLUMN_UNKNOWN'],
    ['an open quote', 'name,email\n"Ada,ada@acme.example', 'MALFORMED'],
  ])('refuses %s', async (_, csv, code) => {
    const { status, body } = await send(csv, false);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      applied: false,
      problems: expect.arrayContaining([expect.objectContaining({ code })]) as unknown,
    });
  });

  it('puts nobody into more teams than a person can be in, and neither does anybody else', async () => {
    const names = Array.from({ length: 51 }, (_, at) => `Many ${at}`);
    const ids: string[] = [];
    for (const name of names) ids.push(String((await server.admin.call('POST', '/teams', { name })).body['id']));
    const table = (count: number) => `name,email,teams\nMany,many@acme.example,${names.slice(0, count).join(';')}`;
    const problems = [{ line: 2, column: 'teams', code: 'TEAMS_TOO_MANY' }];
    expect((await send(table(51), false)).body).toMatchObject({ applied: false, problems });
    expect((await send(table(50), false)).body).toMatchObject({ applied: true, created: 1 });
    const users = (await server.admin.get('/users')).body['users'] as { id: string; email: string }[];
    const many = String(users.find((each) => each.email === 'many@acme.example')?.id);
    expect(codeOf(await server.admin.call('PUT', `/teams/${ids[50]}/members/${many}`))).toBe('LIMIT_TEAMS');
    const change = { change: 'member', userId: many, member: true };
    expect(codeOf(await server.admin.call('POST', `/teams/${ids[50]}/preview`, change))).toBe('LIMIT_TEAMS');
    expect((await server.admin.call('PUT', `/teams/${ids[49]}/members/${many}`)).status).toBe(200);
  });

  it('refuses an address with half of a character in it', async () => {
    expect(codeOf(await send('name,email\nHalf,\ud800@acme.example', false))).toBe('INVALID_INPUT');
    const half = { name: 'Half', email: '\ud800@acme.example', password: 'correct horse battery' };
    expect(codeOf(await server.admin.call('POST', '/users', half))).toBe('INVALID_INPUT');
  });

  it('[PE-3] by a team admin reaches the own teams only', async () => {
    const [mine, other] = [await team('Ours'), await team('Theirs')];
    const teams = (await server.admin.get('/teams')).body['teams'] as { id: string; name: string }[];
    const nameOf = (id: string) => teams.find((each) => each.id === id)?.name;
    const chief = await person('team_admin', [mine]);
    const foreign = await person('user', [other]);
    const csv = [
      'name,email,role,teams',
      `In,in@acme.example,,${nameOf(mine)}`,
      `Out,out@acme.example,,${nameOf(other)}`,
      'None,none@acme.example,,',
      `Foreign,${foreign.email},,`,
    ].join('\n');
    const { body } = await send(csv, true, chief.api);
    expect(body['problems']).toMatchObject([
      { line: 3, code: 'TEAM_FORBIDDEN' },
      { line: 3, code: 'TEAM_MISSING' },
      { line: 4, code: 'TEAM_MISSING' },
      { line: 5, code: 'USER_FORBIDDEN' },
    ]);
  });
});

describe('another enterprise', () => {
  it('is out of reach: its users, teams and spaces are not there', async () => {
    const other = await addSecondEnterprise(server);
    const olga = (await other.admin.get('/session')).body['userId'] as string;
    const theirs = String((await other.admin.call('POST', '/teams', { name: 'Theirs alone' })).body['id']);
    const ada = await person();
    expect(codeOf(await server.admin.call('PATCH', `/users/${olga}`, { name: 'x' }))).toBe('NOT_FOUND');
    expect(codeOf(await server.admin.call('DELETE', `/users/${olga}`))).toBe('NOT_FOUND');
    expect(codeOf(await server.admin.call('DELETE', `/users/${ada.id}?successorId=${olga}`))).toBe('SUCCESSOR_INVALID');
    expect(codeOf(await server.admin.call('PATCH', `/users/${ada.id}`, { teamIds: [theirs] }))).toBe('NOT_FOUND');
    expect(codeOf(await server.admin.call('PUT', `/teams/${theirs}/members/${ada.id}`, {}))).toBe('NOT_FOUND');
    expect(codeOf(await server.admin.call('PATCH', `/teams/${theirs}`, { name: 'x' }))).toBe('NOT_FOUND');
    expect(codeOf(await server.admin.call('PUT', `/admin/spaces/${other.spaceId}/quota`, { quotaBytes: 1 }))).toBe(
      'SPACE_UNKNOWN',
    );
    const { spaces } = (await server.admin.get('/admin/spaces?limit=1000')).body as { spaces: { id: string }[] };
    expect(spaces.map((space) => space.id)).not.toContain(other.spaceId);
  });
});
