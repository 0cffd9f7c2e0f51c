import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { World, eventually, readTree } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let world: World;
let agent: AgentProcess;
let taskId: string;
const inTask = (...names: string[]) => world.path('A', ...names);
const backup = () => world.path('backup');

beforeAll(async () => {
  world = await World.start();
  mkdirSync(inTask('d'), { recursive: true });
  for (const name of ['old', 'd/f']) writeFileSync(inTask(name), `${name} 1`);
  agent = await world.agent('a');
  taskId = await agent.createTask({ local: inTask(), cloud: 'personal:/Root' });
  expect(await agent.wait()).toBe(0);
  cpSync(inTask(), backup(), { recursive: true, filter: (path) => !path.includes('.tideline~sync') });
  writeFileSync(inTask('old'), 'old 2');
  writeFileSync(inTask('since'), 'since 1');
  expect(await agent.wait()).toBe(0);
});
afterAll(() => world?.dispose());

const blocked = () =>
  eventually(async () => (await agent.task(taskId)).reason === 'root', { what: 'the task is blocked by its root' });

describe('[GU-3] [G04] the folder of a task', () => {
  test('gone and back: nothing is deleted, and it goes on', async () => {
    renameSync(inTask(), world.path('away'));
    expect(await agent.wait()).toBe(5);
    await blocked();
    renameSync(world.path('away'), inTask());
    await agent.ask('task', 'sync', taskId);
    expect(await agent.wait()).toBe(0);
    expect([...readTree(inTask()).keys()].sort()).toEqual(['d', 'd/f', 'old', 'since']);
  });

  test('another one in its place stops it, and an empty one is not taken for it', async () => {
    renameSync(inTask(), world.path('real'));
    mkdirSync(inTask());
    expect(await agent.wait()).toBe(5);
    await blocked();
    const refused = await agent.command('task', 'adopt', taskId);
    expect(refused.code).toBe(1);
    expect(refused.text).toContain('Nothing of this task is in');
    rmSync(inTask(), { recursive: true });
  });

  test('[FI-4] restored from a backup, it is taken up when its person says so: what is old yields, what lacks comes back', async () => {
    cpSync(backup(), inTask(), { recursive: true });
    writeFileSync(inTask('d', 'new'), 'made in the backup');
    expect(await agent.wait()).toBe(5);
    await blocked();
    await agent.ask('task', 'adopt', taskId);
    expect(await agent.wait()).toBe(0);
    const here = readTree(inTask());
    expect([...here.keys()].sort()).toEqual(['d', 'd/f', 'd/new', 'old', 'since']);
    expect(here.get('old')).toBe(readTree(world.path('real')).get('old'));
    expect((await agent.command('task', 'adopt', taskId)).text).toContain('the one it always was');
  });
});
