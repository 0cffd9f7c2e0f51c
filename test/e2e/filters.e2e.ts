import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { routes, type FilterRules } from '@tideline/contracts';
import { CloudFolder, World, eventually } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let world: World;
let agent: AgentProcess;
let taskId: string;
const inTask = (...names: string[]) => world.path('A', ...names);
const LARGE = 'x'.repeat(5000);

beforeAll(async () => {
  world = await World.start();
  mkdirSync(inTask('d'), { recursive: true });
  for (const name of ['film.mp4', 'd/large', 'small']) writeFileSync(inTask(name), name === 'd/large' ? LARGE : name);
  agent = await world.agent('a');
  taskId = await agent.createTask({ local: inTask(), cloud: 'personal:/Filtered', flags: ['--max-file-size', '1MB'] });
  expect(await agent.wait()).toBe(0);
});
afterAll(() => world?.dispose());

/** Set by an admin, and known to the agent. */
async function decide(filter: Partial<FilterRules>): Promise<void> {
  const { filter: set } = await world.admin.api.call(routes.enterprise.setSyncPolicy, { body: { filter } });
  const isKnown = async () => {
    const view = await agent.ask<{ policy?: FilterRules }>('task', 'show', taskId);
    return JSON.stringify(view.policy) === JSON.stringify(set);
  };
  await eventually(isKnown, { what: 'the agent knows the policy' });
}

const cloudNames = async (path: string) => {
  const folder = await CloudFolder.find(world.admin.api, `personal:/Filtered${path}`);
  return (await folder.children()).map((node) => node.name).sort();
};

describe('[SY-26] filters of type and size, by the task and by the policy of the enterprise', () => {
  test('[TA-9] a policy leaves out what it names, deletes nothing of it, and says so', async () => {
    await decide({ excludeTypes: ['video'], maxFileBytes: 2000 });
    rmSync(inTask('d', 'large'));
    writeFileSync(inTask('other.mkv'), 'never sent');
    writeFileSync(inTask('small'), 'edited');
    writeFileSync(inTask('too large'), LARGE);
    expect(await agent.wait()).toBe(0);
    expect(await cloudNames('')).toEqual(['d', 'film.mp4', 'small']);
    expect(await cloudNames('/d')).toEqual(['large']);
    const why = await agent.command('explain', inTask('other.mkv'));
    expect(why.text).toContain('It is left out: it is of type video, as your organisation wants it');
    expect((await agent.command('explain', inTask('too large'))).text).toContain('it is larger than 2.0 KB');
  });

  test('lifted, everything goes on as it was left', async () => {
    await decide({});
    expect(await agent.wait()).toBe(0);
    expect(await cloudNames('')).toEqual(['d', 'film.mp4', 'other.mkv', 'small', 'too large']);
  });

  test('[TA-1] the size of the task itself is changed, and shown', async () => {
    await agent.ask('task', 'configure', taskId, '--max-file-size', '1KB', '--exclude-type', 'archive');
    writeFileSync(inTask('later'), LARGE);
    writeFileSync(inTask('later.zip'), 'zip');
    expect(await agent.wait()).toBe(0);
    expect(await cloudNames('')).not.toContain('later');
    const shown = await agent.command('task', 'show', taskId);
    expect(shown.text).toContain('archive files, files larger than 1.0 KB');
    await agent.ask('task', 'configure', taskId, '--max-file-size', 'none', '--no-exclude-type');
    expect(await agent.wait()).toBe(0);
    expect(await cloudNames('')).toEqual(expect.arrayContaining(['later', 'later.zip', 'too large']));
  });
});
