import { MAX_PINNED_VERSIONS, type ContentId, type NodeId, type SpaceId, type VersionId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, chunkOf, collect, newId, ops } from '../drive/testing/drive-world.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { endsAfter } from '../testing/ends-after.ts';
import { RetentionWorld } from './testing/retention-world.ts';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
});
afterAll(() => world.close());

type Of = { principal: MemberPrincipal; spaceId: SpaceId };

async function save(of: Of, nodeId: NodeId, text: string, origin: 'upload' | 'sync' = 'sync') {
  const bytes = bytesOf(text);
  await world.drive.commit(of.principal, of.spaceId, [ops.put(nodeId, { bytes })], { inline: [bytes], origin });
}
async function fileWith(of: Of, rootId: NodeId, ...texts: string[]): Promise<NodeId> {
  const file = ops.file(rootId, newId(), { bytes: bytesOf('') });
  await world.drive.commit(of.principal, of.spaceId, [file]);
  for (const text of texts) await save(of, file.nodeId, text);
  return file.nodeId;
}
async function read(principal: MemberPrincipal, nodeId: NodeId): Promise<string> {
  const content = await world.drive.contents.getContent(principal, nodeId, undefined);
  return String(await collect(world.drive.contents.read(principal, content, { start: 0, end: content.size })));
}
/** Sizes tell the versions of these tests apart. */
async function sizes(principal: MemberPrincipal, nodeId: NodeId): Promise<number[]> {
  return (await world.versions.list(principal, nodeId)).versions.map((version) => version.size);
}
async function versionOf(principal: MemberPrincipal, nodeId: NodeId, size: number): Promise<VersionId> {
  const found = (await world.versions.list(principal, nodeId)).versions.find((version) => version.size === size);
  if (!found) throw new Error(`no version of ${size} bytes`);
  return found.id;
}

describe('[VE-1] the history of a file', () => {
  it('is told newest first, with who made each version where and by what', async () => {
    const { person, device, spaceId, rootId } = await world.drive.owner();
    const nodeId = await fileWith({ principal: device, spaceId }, rootId, 'a');
    await save({ principal: person, spaceId }, nodeId, 'bb');
    expect((await world.versions.list(person, nodeId)).versions).toMatchObject([
      { size: 2, origin: 'web', isHead: true, author: { userId: person.userId, name: 'Someone' }, device: null },
      { size: 1, origin: 'sync', isHead: false, device: { deviceId: device.deviceId, name: 'PC' } },
      { size: 0, isHead: false, pinned: false, protected: false, description: null },
    ]);
    await expect(world.versions.list(person, rootId)).rejects.toMatchObject({ code: 'KIND_MISMATCH' });
  });

  it('gets an older content back on top, and loses nothing by that', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const of = { principal: person, spaceId };
    const nodeId = await fileWith(of, rootId, 'a', 'bb');
    const nudges = world.drive.hub.nudges.length;
    const old = await versionOf(person, nodeId, 1);
    const { node, version } = await world.versions.restore(person, { nodeId, versionId: old }, undefined);
    expect(node).toMatchObject({ id: nodeId, size: 1, versionId: version.id, mtimeMs: 2000 });
    expect(version).toMatchObject({ isHead: true, origin: 'web' });
    expect(await read(person, nodeId)).toBe('a');
    expect(await sizes(person, nodeId)).toEqual([1, 2, 1, 0]);
    expect(world.drive.hub.nudges.length).toBe(nudges + 1);
    expect(await world.usedBytes(spaceId)).toBe(4);
    const again = await world.versions.restore(person, { nodeId, versionId: version.id as VersionId }, undefined);
    expect(again.node.rev).toBe(node.rev);
  });

  it('[FI-4] tells which contents it still has, of files of the space that the caller may list', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const other = await world.drive.owner();
    const nodeId = await fileWith({ principal: person, spaceId }, rootId, 'a', 'bb', 'ccc');
    const of = (text: string) => ({ nodeId, contentId: chunkOf(bytesOf(text)).hash as string as ContentId });
    const asked = [of('never'), of('bb'), of('ccc'), of('a')];
    expect(await world.versions.listKept(person, spaceId, asked)).toEqual(asked.slice(1));
    await world.versions.remove(person, { nodeId, versionId: await versionOf(person, nodeId, 2) }, true);
    expect(await world.versions.listKept(person, spaceId, asked)).toEqual([of('ccc'), of('a')]);
    expect(await world.versions.listKept(other.person, spaceId, asked)).toEqual([]);
    expect(await world.versions.listKept(person, other.spaceId, asked)).toEqual([]);
  });

  it('is restored only on the state that the caller saw, in a file that lives, of a version that is there', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const nodeId = await fileWith({ principal: person, spaceId }, rootId, 'a', 'bb');
    const which = { nodeId, versionId: await versionOf(person, nodeId, 1) };
    const code = (ifMatch?: number, versionId = which.versionId) =>
      world.versions.restore(person, { nodeId, versionId }, ifMatch).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    expect(await code(1)).toBe('REV_MISMATCH');
    expect(await code(undefined, newId() as string as VersionId)).toBe('VERSION_UNKNOWN');
    await world.drive.commit(person, spaceId, [ops.trash(nodeId)]);
    expect(await code()).toBe('NODE_TRASHED');
  });

  it('is not restored beyond the quota', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const nodeId = await fileWith({ principal: person, spaceId }, rootId, 'aaaa', 'b');
    await world.drive.sql(`UPDATE space SET quota_bytes = 8 WHERE id = $1`, [spaceId]);
    const versionId = await versionOf(person, nodeId, 4);
    await expect(world.versions.restore(person, { nodeId, versionId }, undefined)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    expect(await read(person, nodeId)).toBe('b');
  });

  it('[VE-1] is pinned and described by devices, and unpinned by people only', async () => {
    const { person, device, spaceId, rootId } = await world.drive.owner();
    const file = ops.file(rootId, 'f', { bytes: bytesOf('') });
    await world.drive.commit(device, spaceId, [file]);
    const which = { nodeId: file.nodeId, versionId: (await world.versions.list(device, file.nodeId)).versions[0]!.id };
    expect(await world.versions.update(device, which, { pinned: true })).toMatchObject({ pinned: true });
    await expect(world.versions.update(device, which, { pinned: false })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const described = await world.versions.update(device, which, { description: 'as sent' });
    expect(described).toMatchObject({ pinned: true, description: 'as sent' });
    expect(await world.versions.update(person, which, { pinned: false })).toMatchObject({ pinned: false });
  });

  it('is pinned up to 50 times per file, described, and unpinned', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const texts = Array.from({ length: MAX_PINNED_VERSIONS + 1 }, (_, at) => 'x'.repeat(at + 1));
    const nodeId = await fileWith({ principal: person, spaceId }, rootId, ...texts);
    const { versions } = await world.versions.list(person, nodeId);
    const pin = (at: number, pinned = true) =>
      world.versions.update(person, { nodeId, versionId: versions[at]!.id }, { pinned });
    for (let at = 0; at < MAX_PINNED_VERSIONS; at++) await pin(at);
    await expect(pin(MAX_PINNED_VERSIONS)).rejects.toMatchObject({ code: 'LIMIT_PINNED' });
    expect(await pin(0)).toMatchObject({ pinned: true });
    expect(await pin(0, false)).toMatchObject({ pinned: false });
    const described = await world.versions.update(
      person,
      { nodeId, versionId: versions[1]!.id },
      { description: 'as sent' },
    );
    expect(described).toMatchObject({ pinned: true, description: 'as sent' });
  });

  it('loses a version that is deleted, never the newest, and gives its room back', async () => {
    const { person, spaceId, rootId } = await world.drive.owner();
    const nodeId = await fileWith({ principal: person, spaceId }, rootId, 'a', 'bb', 'ccc');
    const deleted = await versionOf(person, nodeId, 2);
    const remove = async (size: number) =>
      world.versions.remove(person, { nodeId, versionId: await versionOf(person, nodeId, size) }, false);
    await remove(2);
    expect(await sizes(person, nodeId)).toEqual([3, 1, 0]);
    expect(await world.usedBytes(spaceId)).toBe(4);
    await expect(world.drive.contents.getContent(person, nodeId, deleted)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
    await expect(remove(3)).rejects.toMatchObject({ code: 'VERSION_IS_HEAD' });
    const member = await world.drive.person();
    const versionId = await versionOf(person, nodeId, 1);
    await expect(world.versions.remove(member, { nodeId, versionId }, false)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
  });
});

describe('[VE-1] pruning', () => {
  it('keeps what the policy says, in slices over all files, and used bytes right', async () => {
    const here = await RetentionWorld.open();
    const outer = world;
    world = here; // the helpers use the world of this test: a policy is of a whole enterprise
    try {
      const { person, device, spaceId, rootId } = await here.drive.owner();
      const of = { principal: device, spaceId };
      const nodeId = await fileWith(of, rootId, 'a', 'bb', 'ccc', 'dddd');
      await save(of, nodeId, 'eeeee', 'upload');
      await save(of, nodeId, 'ffffff');
      await save(of, nodeId, 'ggggggg');
      const others = await Promise.all([1, 2, 3].map(() => fileWith(of, rootId, 'x', 'yy')));
      const pinned = await versionOf(person, nodeId, 1);
      await here.versions.update(person, { nodeId, versionId: pinned }, { pinned: true });
      await here.policies.set(here.drive.enterpriseId, {
        keepVersions: 2,
        keepDays: 999,
        mergeSaves: false,
        binDays: 90,
      });
      await here.drive.sql(`UPDATE enterprise SET history_on = true`);
      await here.prunes.prune(here.signal);
      expect(await sizes(person, nodeId)).toEqual([7, 6, 5, 1]); // two, the upload (UP-10) and the pinned one
      for (const other of others) expect(await sizes(person, other)).toEqual([2, 1]);
      expect(await here.usedBytes(spaceId)).toBe(7 + 6 + 5 + 1 + 9);
      const content = await here.drive.contents.getContent(person, nodeId, undefined);
      expect(content.size).toBe(7);
      await here.drive.sql(`UPDATE enterprise SET sync_on = false, history_on = false`);
      await here.prunes.prune(here.signal);
      expect(await sizes(person, nodeId)).toEqual([7, 5, 1]); // [EN-2] the head stays
      for (const other of others) expect(await sizes(person, other)).toEqual([2]);
      expect(await here.prunes.prune(here.signal)).toEqual({ versions: 0 });
    } finally {
      world = outer;
      await here.close();
    }
  });

  it('are pruned from where the last run was cut', async () => {
    const here = await RetentionWorld.open();
    try {
      const { device, spaceId, rootId } = await here.drive.owner();
      const files = Array.from({ length: 250 }, (_, at) => ops.file(rootId, `f${at}`, { bytes: bytesOf('a') }));
      await here.drive.commit(device, spaceId, files, { inline: [bytesOf('a')] });
      for (const bytes of [bytesOf('bb'), bytesOf('ccc')]) {
        const again = files.map(({ nodeId }) => ops.put(nodeId, { chunks: [chunkOf(bytes)] }));
        await here.drive.commit(device, spaceId, again, { inline: [bytes] });
      }
      await here.policies.set(here.drive.enterpriseId, {
        keepVersions: 2,
        keepDays: 999,
        mergeSaves: false,
        binDays: 90,
      });
      await here.drive.sql(`UPDATE enterprise SET history_on = true`);
      expect(await here.prunes.prune(endsAfter(1))).toEqual({ versions: 200 });
      expect(await here.prunes.prune(endsAfter(1))).toEqual({ versions: 50 });
    } finally {
      await here.close();
    }
  });

  it('[UP-10] a protected version goes by hand only when that is meant', async () => {
    const { person, device, spaceId, rootId } = await world.drive.owner();
    const of = { principal: device, spaceId };
    const nodeId = await fileWith(of, rootId, 'a');
    await save(of, nodeId, 'bb', 'upload');
    await save({ principal: person, spaceId }, nodeId, 'ccc');
    const versionId = await versionOf(person, nodeId, 2);
    expect((await world.versions.list(person, nodeId)).versions[1]).toMatchObject({ protected: true });
    await expect(world.versions.remove(person, { nodeId, versionId }, false)).rejects.toMatchObject({
      code: 'VERSION_PROTECTED',
    });
    await world.versions.remove(person, { nodeId, versionId }, true);
    expect(await sizes(person, nodeId)).toEqual([3, 1, 0]);
  });

  it('[UP-10] [VE-1] no version goes by the token of a device, whatever it may do in the folder', async () => {
    const { person, device, spaceId, rootId } = await world.drive.owner();
    const nodeId = await fileWith({ principal: device, spaceId }, rootId, 'a');
    await save({ principal: device, spaceId }, nodeId, 'bb', 'upload');
    await save({ principal: person, spaceId }, nodeId, 'ccc');
    for (const size of [1, 2]) {
      const versionId = await versionOf(person, nodeId, size);
      await expect(world.versions.remove(device, { nodeId, versionId }, true)).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
    }
    expect(await sizes(person, nodeId)).toEqual([3, 2, 1, 0]);
  });
});
