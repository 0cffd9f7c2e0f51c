import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { routes } from '@tideline/contracts';
import { CloudFolder, World, readTree, settle } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const FILES = 60;
let world: World;
let a: AgentProcess;
let b: AgentProcess;
const inA = (...names: string[]) => world.path('A', ...names);
const inB = (...names: string[]) => world.path('B', ...names);
const countFiles = (root: string) => [...readTree(root).values()].filter((fact) => fact.startsWith('file')).length;

beforeAll(async () => {
  world = await World.start();
  mkdirSync(inA('d'), { recursive: true });
  mkdirSync(inB());
  for (let number = 0; number < FILES; number++) writeFileSync(inA('d', `f${number}`), `content ${number}`);
  [a, b] = [await world.agent('a'), await world.agent('b')];
  await a.createTask({ local: inA(), cloud: 'personal:/Held' });
  await b.createTask({ local: inB(), cloud: 'personal:/Held' });
  await settle([a, b]);
});
afterAll(() => world?.dispose());

describe('[GU-1] the answer restore, on the real drive', () => {
  test('[G02] where the files were deleted, brings them back there with what had gone before the mass showed', async () => {
    for (let number = 0; number < 5; number++) rmSync(inA('d', `f${number}`));
    await settle([a, b]);
    expect(countFiles(inB())).toBe(FILES - 5);
    for (let number = 5; number < 45; number++) rmSync(inA('d', `f${number}`));
    expect(await a.wait()).toBe(4);
    await a.ask('holds', 'restore');
    await settle([a, b]);
    expect(countFiles(inA())).toBe(FILES);
    expect(readTree(inB())).toEqual(readTree(inA()));
  });

  test('[G02] where they would be deleted, brings them back to the cloud with their folder', async () => {
    rmSync(inA('d'), { recursive: true });
    expect(await a.wait()).toBe(4);
    await a.ask('holds', 'approve');
    expect(await a.wait()).toBe(0);
    expect(await b.wait()).toBe(4);
    await b.ask('holds', 'restore');
    await settle([b, a]);
    expect(countFiles(inB())).toBe(FILES);
    expect(readTree(inA())).toEqual(readTree(inB()));
  });

  test('[SA-1] where the bin was emptied meanwhile, sends what is still there anew', async () => {
    const { space } = await CloudFolder.find(world.admin.api, 'personal:/Held');
    rmSync(inA('d'), { recursive: true });
    expect(await a.wait()).toBe(4);
    await a.ask('holds', 'approve');
    expect(await a.wait()).toBe(0);
    expect(await b.wait()).toBe(4);
    const { nodes } = await world.admin.api.call(routes.drive.trash, { params: { spaceId: space.id }, query: {} });
    const nodeIds = nodes.map((node) => node.id);
    await world.admin.api.call(routes.bin.purge, { params: { spaceId: space.id }, body: { nodeIds } });
    await b.ask('holds', 'restore');
    await settle([b, a]);
    expect(countFiles(inB())).toBe(FILES);
    expect(readTree(inA())).toEqual(readTree(inB()));
  });
});
