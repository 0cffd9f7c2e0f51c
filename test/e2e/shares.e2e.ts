import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes, type FolderGrant, type SyncRight, type User } from '@tideline/contracts';
import type { ApiClient } from '@tideline/drive-client';
import { CloudFolder, World, eventually, signIn } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SECONDS = { timeoutMs: 15_000 };
const SHARED = 'personal:/Work/Project';

let world: World;
let ada: ApiClient;
let ben: User;
let agent: AgentProcess;
let folder: CloudFolder;
let task: string;

beforeAll(async () => {
  world = await World.start();
  const owner = await world.admin.user('Ada');
  ben = await world.admin.user('Ben');
  const { url, enterpriseCode } = world.console.bootstrap;
  ada = await signIn({ url, enterpriseCode, email: owner.email, password: 'Ada-password-1' });
  folder = await CloudFolder.make(ada, SHARED);
  agent = await world.agent('ben', ben.email);
});
afterAll(() => world?.dispose());

const give = (syncRight: SyncRight): Promise<FolderGrant> =>
  ada.call(routes.rights.setFolderGrant, {
    params: { nodeId: folder.node.id },
    body: { to: { type: 'user', id: ben.id }, syncRight },
  });
const local = (...names: string[]) => world.path('ben', ...names);
const isPaused = async () => {
  const { status, reason } = await agent.task(task);
  return status === 'paused' && reason === 'permission';
};

describe('a received share', () => {
  test('[TA-2] is no place for a task before it is given', async () => {
    mkdirSync(local('refused'), { recursive: true });
    const answer = await agent.tryCreateTask({ local: local('refused'), cloud: 'share/Project:/' });
    expect(answer).toMatchObject({ code: 1, text: expect.stringContaining('SPACE_UNKNOWN') as string });
  });

  test('[PE-1] is synced both ways with Synchronizer', async () => {
    await give('synchronizer');
    mkdirSync(local('share'), { recursive: true });
    writeFileSync(local('share', 'by Ben.txt'), 'from Ben');
    task = await agent.createTask({ local: local('share'), cloud: 'share/Project:/' });
    expect(await agent.wait()).toBe(0);
    expect(await folder.read(await folder.get('by Ben.txt'))).toBe('from Ben');
    const own = await world.agent('ada', 'ada@example.org');
    mkdirSync(world.path('ada'), { recursive: true });
    await own.createTask({ local: world.path('ada'), cloud: SHARED });
    expect(await own.wait()).toBe(0);
    writeFileSync(world.path('ada', 'by Ada.txt'), 'from Ada');
    const arrived = () => existsSync(local('share', 'by Ada.txt'));
    await eventually(async () => arrived(), { ...SECONDS, what: 'the file of the other side' });
    expect(readFileSync(local('share', 'by Ada.txt'), 'utf8')).toBe('from Ada');
  });

  test('[PE-2] pauses its task within seconds when it is taken back, and deletes nothing', async () => {
    const { id } = await give('synchronizer');
    await ada.call(routes.rights.removeFolderGrant, { params: { nodeId: folder.node.id, grantId: id } });
    await eventually(isPaused, { ...SECONDS, what: 'paused(permission)' });
    expect(existsSync(join(local('share'), 'by Ada.txt'))).toBe(true);
    expect(existsSync(join(local('share'), 'by Ben.txt'))).toBe(true);
  });

  test('[PE-4] resumes when it is given again, and pauses within seconds after it has expired', async () => {
    const body = { to: { type: 'user' as const, id: ben.id }, syncRight: 'synchronizer' as const };
    const expiresAt = new Date(Date.now() + 8000).toISOString();
    await ada.call(routes.rights.setFolderGrant, {
      params: { nodeId: folder.node.id },
      body: { ...body, expiresAt },
    });
    await eventually(async () => !(await isPaused()), { ...SECONDS, what: 'a task that goes on' });
    await eventually(isPaused, { timeoutMs: 30_000, what: 'paused(permission) by expiry' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect(existsSync(join(local('share'), 'by Ada.txt'))).toBe(true);
  });
});
