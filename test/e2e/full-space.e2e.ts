import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { routes } from '@tideline/contracts';
import { CloudFolder, World, eventually, readTree, settle, signIn } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const KIB = 1024;
const QUOTA = 3000 * KIB;
/** For a machine that is busy with other things, too. */
const AT_ONCE = { timeoutMs: 15_000 };
const LARGE = Buffer.alloc(5000 * KIB, 'large ');
const SECOND = Buffer.alloc(4000 * KIB, 'second ');

let world: World;
let a: AgentProcess;
let b: AgentProcess;
let folder: CloudFolder;
let task: string;
const inA = (...names: string[]) => world.path('A', ...names);
const inB = (...names: string[]) => world.path('B', ...names);

beforeAll(async () => {
  world = await World.start();
  const ada = await world.admin.user('Ada');
  const { url, enterpriseCode } = world.console.bootstrap;
  const api = await signIn({ url, enterpriseCode, email: ada.email, password: 'Ada-password-1' });
  folder = await CloudFolder.make(api, 'personal:/Work');
  mkdirSync(inA(), { recursive: true });
  mkdirSync(inB(), { recursive: true });
  [a, b] = [await world.agent('a', ada.email), await world.agent('b', ada.email)];
  await setQuota(QUOTA);
  task = await a.createTask({ local: inA(), cloud: 'personal:/Work' });
  await b.createTask({ local: inB(), cloud: 'personal:/Work' });
  await settle([a, b]);
});
afterAll(() => world?.dispose());

const setQuota = (quotaBytes: number | null) =>
  world.admin.api.call(routes.people.setQuota, { params: { spaceId: folder.space.id }, body: { quotaBytes } });
const isBlocked = async () => {
  const { status, reason } = await a.task(task);
  return status === 'blocked' && reason === 'quota';
};
const hasArrived = (name: string) => async () => (await folder.find(name)) !== undefined;
const failed = async () => (await a.ask<{ files: unknown[] }>('task', 'files', task, '--state', 'failed')).files;

describe('[VE-3] a full space', () => {
  test('[G12] tells of the file that does not fit, with a code, a sentence and what to do, and blocks the task', async () => {
    writeFileSync(inA('large'), LARGE);
    await eventually(isBlocked, { ...AT_ONCE, what: 'blocked(quota)' });
    expect(await failed()).toMatchObject([
      {
        path: 'large',
        code: 'QUOTA',
        message: 'The space in the cloud is full.',
        fix: 'Free some room there or ask an admin for a larger quota.',
      },
    ]);
    expect(await folder.find('large')).toBeUndefined();
  });

  test('[G27] keeps small files, moves, deletes and downloads going meanwhile', async () => {
    writeFileSync(inA('small'), 'fits');
    await eventually(hasArrived('small'), { ...AT_ONCE, what: 'the small file' });
    await folder.createFile('from the cloud', 'comes down');
    await eventually(async () => readTree(inA()).has('from the cloud'), { ...AT_ONCE, what: 'the download' });
    await eventually(async () => readTree(inB()).has('small'), { ...AT_ONCE, what: 'the other device' });
    expect(await isBlocked()).toBe(true);
  });

  test('is gone on with at once when the quota is raised, and everything arrives everywhere', async () => {
    await setQuota(20_000 * KIB);
    await eventually(hasArrived('large'), { ...AT_ONCE, what: 'the large file' });
    await settle([a, b]);
    expect(readTree(inB())).toEqual(readTree(inA()));
    expect(await failed()).toEqual([]);
  });

  test('[VE-2] is gone on with at once when the bin is emptied', async () => {
    await setQuota(6000 * KIB);
    writeFileSync(inA('second'), SECOND);
    await eventually(isBlocked, { ...AT_ONCE, what: 'blocked(quota)' });
    await folder.trash(await folder.get('large'));
    await eventually(async () => !existsSync(inA('large')), { ...AT_ONCE, what: 'the delete' });
    expect(await folder.find('second')).toBeUndefined(); // the bin counts
    await folder.api.call(routes.bin.emptyBin, { params: { spaceId: folder.space.id }, body: {} });
    await eventually(hasArrived('second'), { ...AT_ONCE, what: 'the second file' });
    await settle([a, b]);
    expect(readTree(inB())).toEqual(readTree(inA()));
  });
});
