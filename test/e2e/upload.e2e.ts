import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { World, eventually, readTree } from '@tideline/testing';
import type { AgentProcess, CloudFolder } from '@tideline/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

let world: World;
let agent: AgentProcess;
let cloud: CloudFolder;
const at = (...names: string[]) => world.path('Upload', ...names);

beforeAll(async () => {
  world = await World.start();
  mkdirSync(at(), { recursive: true });
  agent = await world.agent('a');
  await agent.createTask({ local: at(), cloud: 'personal:/Backup', type: 'upload' });
  cloud = await world.admin.folder('personal:/Backup');
});
afterAll(() => world?.dispose());

/** [SA-3] Whatever happens in the cloud, the local folder is what the person made it. */
let expected: ReadonlyMap<string, string>;
const remember = () => (expected = readTree(at()));
async function settled(): Promise<void> {
  expect(await agent.wait()).toBe(0);
  expect(readTree(at())).toEqual(expected);
}
async function write(name: string, text: string): Promise<void> {
  writeFileSync(at(name), text);
  remember();
  await settled();
}

describe('what happens in the local folder', () => {
  test('[UP-1] a new file, an empty folder and a copy are created in the cloud', async () => {
    mkdirSync(at('empty'));
    await write('report.txt', 'first');
    await write('copy of report.txt', 'first');
    expect((await cloud.get('empty')).kind).toBe('folder');
    expect(await cloud.read(await cloud.get('report.txt'))).toBe('first');
    expect(await cloud.read(await cloud.get('copy of report.txt'))).toBe('first');
  });

  test('[UP-2] a change is a new version; the old one is kept', async () => {
    await write('report.txt', 'second');
    const node = await cloud.get('report.txt');
    const versions = await cloud.versions(node);
    expect(await Promise.all(versions.map((version) => cloud.read(node, version)))).toEqual(['second', 'first']);
  });

  test('[UP-3] a move or rename moves the same node', async () => {
    const before = await cloud.get('report.txt');
    renameSync(at('report.txt'), at('renamed.txt'));
    remember();
    await settled();
    expect(await cloud.get('renamed.txt')).toMatchObject({ id: before.id, versionId: before.versionId });
    expect(await cloud.find('report.txt')).toBeUndefined();
  });

  test('[UP-4] a delete does nothing in the cloud by default', async () => {
    rmSync(at('copy of report.txt'));
    remember();
    await settled();
    expect(await cloud.find('copy of report.txt')).toBeDefined();
  });
});

describe('what happens in the cloud', () => {
  beforeEach(remember);

  test('[UP-5] a new file there does not come down', async () => {
    await cloud.createFile('made in the cloud.txt', 'cloud');
    await settled();
    expect(readdirSync(at())).not.toContain('made in the cloud.txt');
  });

  test('[UP-6] an edit there stays head; the next local edit is a new version on top', async () => {
    await write('shared.txt', 'local 1');
    await cloud.write(await cloud.get('shared.txt'), 'cloud 2');
    await settled();
    expect(readFileSync(at('shared.txt'), 'utf8')).toBe('local 1');
    expect(await cloud.read(await cloud.get('shared.txt'))).toBe('cloud 2');
    await write('shared.txt', 'local 3');
    const node = await cloud.get('shared.txt');
    const versions = await cloud.versions(node);
    expect(await Promise.all(versions.map((version) => cloud.read(node, version)))).toEqual([
      'local 3',
      'cloud 2',
      'local 1',
    ]);
  });

  test('[UP-7] a rename there loses its link: the local file is uploaded again as a new node', async () => {
    await write('mine.txt', 'mine');
    const before = await cloud.get('mine.txt');
    await cloud.rename(before, 'put elsewhere.txt');
    await eventually(() => cloud.find('mine.txt'), { what: 'mine.txt is uploaded again' });
    await settled();
    expect((await cloud.get('mine.txt')).id).not.toBe(before.id);
    expect((await cloud.get('put elsewhere.txt')).id).toBe(before.id);
  });

  test('[UP-8] a backed-up file deleted there is uploaded again; deleted here before, it stays away', async () => {
    await write('precious.txt', 'precious');
    await cloud.trash(await cloud.get('precious.txt'));
    await eventually(() => cloud.find('precious.txt'), { what: 'precious.txt is uploaded again' });
    rmSync(at('precious.txt'));
    remember();
    await settled();
    await cloud.trash(await cloud.get('precious.txt'));
    await settled();
    expect(await cloud.find('precious.txt')).toBeUndefined();
  });

  test('[UP-9] a delete of another file there does nothing here', async () => {
    await cloud.trash(await cloud.get('made in the cloud.txt'));
    await settled();
    expect(await cloud.find('made in the cloud.txt')).toBeUndefined();
  });
});

test('[UP-4] with the delete switch on, a local delete goes to the recycle bin', async () => {
  const local = world.path('With deletes');
  mkdirSync(local);
  const flags = ['--propagate-deletes'];
  await agent.createTask({ local, cloud: 'personal:/With deletes', type: 'upload', flags });
  writeFileSync(`${local}/goes.txt`, 'goes');
  writeFileSync(`${local}/stays.txt`, 'stays');
  expect(await agent.wait()).toBe(0);
  rmSync(`${local}/goes.txt`);
  expect(await agent.wait()).toBe(0);
  const folder = await world.admin.folder('personal:/With deletes');
  await eventually(async () => (await folder.find('goes.txt')) === undefined, { what: 'goes.txt is in the bin' });
  expect(await folder.find('stays.txt')).toBeDefined();
});
