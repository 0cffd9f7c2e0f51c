import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveWorld, ops } from '../drive/testing/drive-world.ts';
import { countStatements } from '../testing/count-statements.ts';
import { ZipWalk } from './zip-walk.ts';

const PAGE = 200;
let world: DriveWorld;
beforeAll(async () => {
  world = await DriveWorld.open();
});
afterAll(() => world.close());

describe('the walk through what goes into an archive', () => {
  it('goes into the folders of a page before it reads the next, so that it holds a page for each level, not all folders', async () => {
    const { person, spaceId, rootId } = await world.owner();
    const top = ops.folder(rootId, 'Top');
    await world.commit(person, spaceId, [top]);
    const outer = Array.from({ length: PAGE + 20 }, (_, at) => ops.folder(top.nodeId, String(at).padStart(4, '0')));
    const inner = outer.map((folder) => ops.folder(folder.nodeId, 'in'));
    await world.commit(person, spaceId, outer);
    await world.commit(person, spaceId, inner);
    const walk = new ZipWalk(world.database.dataSource, world.access, world.contents);
    const tops = await walk.requireTops(person, [top.nodeId]);
    const paths: string[] = [];
    for await (const entry of walk.walk(person, tops)) paths.push(entry.path);
    expect(new Set(paths).size).toBe(1 + 2 * outer.length);
    expect(paths).toHaveLength(1 + 2 * outer.length);
    const innerOfFirstPage = paths.slice(1 + PAGE, 1 + 2 * PAGE);
    expect(innerOfFirstPage.every((path) => path.endsWith('/in'))).toBe(true);
    expect(paths.indexOf('Top/0200')).toBe(1 + 2 * PAGE);
  });

  it('asks as often for many as for few', async () => {
    const { person, spaceId, rootId } = await world.owner();
    const folders = Array.from({ length: 60 }, (_, at) => ops.folder(rootId, String(at)));
    await world.commit(person, spaceId, folders);
    const walk = new ZipWalk(world.database.dataSource, world.access, world.contents);
    const ids = folders.map((folder) => folder.nodeId);
    const asked = (count: number) => countStatements(() => walk.requireTops(person, ids.slice(0, count)));
    expect(await asked(ids.length)).toBe(await asked(2));
    await world.commit(person, spaceId, [ops.trash(ids[7]!)]);
    await expect(walk.requireTops(person, ids)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
  });
});
