import { NodeName, type BatchOutcome, type NodeId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetentionWorld } from '../versions/testing/retention-world.ts';
import { bodyOf, bytesOf, ops, type DriveWorld } from './testing/drive-world.ts';

let world: RetentionWorld;
let drive: DriveWorld;
beforeAll(async () => {
  world = await RetentionWorld.open();
  ({ drive } = world);
});
afterAll(() => world.close());

type Owner = Awaited<ReturnType<DriveWorld['owner']>>;
const said = (outcome: BatchOutcome) => (outcome.status === 'refused' ? outcome.code : outcome.node.name);

async function make(owner: Owner, name: string): Promise<string> {
  const op = ops.folder(owner.rootId, name);
  const header = { atomic: false, ops: [op], inline: [] };
  const answer = drive.commits.commitFrame(owner.device, owner.spaceId, bodyOf(header, []));
  return answer.then(
    ({ outcomes }) => outcomes.map(said).join(),
    (error: { code?: string }) => error.code ?? 'no code',
  );
}
const bytesIn = (name: string) => Buffer.byteLength(name);
const ROCKET = '\u{1F680}';

describe('[BI-8] the longest names', () => {
  const fitting: [string, string][] = [
    ['of one byte each', 'x'.repeat(255)],
    ['of two bytes each', `${'ä'.repeat(127)}x`],
    ['of three bytes each', '語'.repeat(85)],
    ['of four bytes each', `${ROCKET.repeat(63)}xyz`],
  ];
  it.each(fitting)('hold 255 bytes, %s, and not one more', async (_, name) => {
    const owner = await drive.owner();
    expect(bytesIn(name)).toBe(255);
    expect(await make(owner, name)).toBe(name);
    expect(await make(owner, `${name}x`)).toBe('INVALID_INPUT');
  });

  it('count bytes, not code points', async () => {
    const owner = await drive.owner();
    expect(await make(owner, 'ä'.repeat(128))).toBe('INVALID_INPUT');
    expect(await make(owner, 'ä'.repeat(255))).toBe('INVALID_INPUT');
    expect(await make(owner, ROCKET.repeat(64))).toBe('INVALID_INPUT');
  });

  it('are measured as the cloud holds them: decomposed they may be sent longer, and composed ones may grow', async () => {
    const owner = await drive.owner();
    const decomposed = 'é'.repeat(127).normalize('NFD');
    expect(bytesIn(decomposed)).toBe(381);
    expect(await make(owner, decomposed)).toBe('é'.repeat(127));
    // U+0958 has no composed form in NFC: its three bytes become six
    expect(await make(owner, '\u0958'.repeat(42))).toBe('\u0915\u093c'.repeat(42));
    expect(await make(owner, '\u0958'.repeat(43))).toBe('INVALID_INPUT');
  });

  it('get a number on restore and copy within 255 bytes', async () => {
    const { person, device, spaceId, rootId } = await drive.owner();
    const name = `${'é'.repeat(125)}.txt`;
    const first = ops.file(rootId, name, { bytes: bytesOf('') });
    await drive.commit(device, spaceId, [first, ops.trash(first.nodeId)]);
    await drive.commit(device, spaceId, [ops.file(rootId, name, { bytes: bytesOf('') })]);
    const [restored] = await world.bin.restore(person, spaceId, [first.nodeId]);
    const copied = await world.copy(person, first.nodeId, { parentId: rootId });
    const names = [restored?.status === 'restored' ? restored.node.name : '', copied.node?.name ?? ''];
    for (const each of names) {
      expect(bytesIn(each)).toBeLessThanOrEqual(255);
      expect(each).toMatch(/^é+ +\(\d\)\.txt$/u);
      expect(each.isWellFormed()).toBe(true);
    }
    expect(new Set(names).size).toBe(2);
  });
});

describe('[BI-8] one name in two forms', () => {
  const composed = 'Ångström';
  const decomposed = composed.normalize('NFD');

  it('is one name for creating, moving, restoring and copying, in either order', async () => {
    for (const [held, wanted] of [
      [composed, decomposed],
      [decomposed, composed],
    ] as const) {
      const { person, device, spaceId, rootId } = await drive.owner();
      const [first, other, gone] = [ops.folder(rootId, held), ops.folder(rootId, 'other'), ops.folder(rootId, wanted)];
      const bin = await drive.commit(device, spaceId, [gone, ops.trash(gone.nodeId), first, other]);
      expect(bin.outcomes.map((outcome) => outcome.status)).toEqual(Array(4).fill('done'));
      const { outcomes } = await drive.commit(device, spaceId, [
        ops.folder(rootId, wanted),
        ops.file(rootId, wanted, { bytes: bytesOf('') }),
        ops.move(other.nodeId, rootId, wanted),
        ops.restore(gone.nodeId),
      ]);
      expect(outcomes.map((outcome) => (outcome.status === 'refused' ? [outcome.code, outcome.node?.id] : []))).toEqual(
        Array(4).fill(['NAME_TAKEN', first.nodeId]),
      );
      const copied = await world.copy(person, other.nodeId, {
        parentId: rootId,
        name: NodeName.parse(wanted),
      });
      expect(copied.node?.name).toBe(`${composed} (2)`);
    }
  });

  it('is found by a path in either form, and a move from one form to the other is no change', async () => {
    const { person, device, spaceId, rootId } = await drive.owner();
    const folder = ops.folder(rootId, composed);
    await drive.commit(device, spaceId, [folder]);
    for (const name of [composed, decomposed]) {
      const found = await drive.browse.resolvePath(person, `personal:/${name}`);
      expect([found.node.id, found.missing]).toEqual([folder.nodeId, []]);
    }
    const { seq, outcomes } = await drive.commit(device, spaceId, [ops.move(folder.nodeId, rootId, decomposed)]);
    expect(outcomes).toMatchObject([{ status: 'done', node: { rev: 1, name: composed } }]);
    expect(seq).toBe(2);
  });

  it('keeps apart what only looks alike: width, ligatures, case, soft hyphens and trailing dots', async () => {
    const owner = await drive.owner();
    const names = ['file', 'ﬁle', 'ｆile', 'File', 'fi\u00adle', 'file.', 'file ', 'fi\u200dle', 'ﬀ', 'ff'];
    for (const name of names) expect(await make(owner, name)).toBe(name);
    expect((await children(owner)).sort()).toEqual([...names].sort());
  });
});

describe('[BI-8] what is no name', () => {
  const nothing = ['', '.', '..', 'a/b', '/', 'a\0b', '\0', '\ud800', 'a\udfffb', '\udc00\ud800'];
  it.each(nothing.map((name) => [JSON.stringify(name), name]))('%s is refused by every operation', async (_, name) => {
    const owner = await drive.owner();
    const there = ops.folder(owner.rootId, 'there');
    await drive.commit(owner.device, owner.spaceId, [there]);
    const restore = { ...ops.restore(there.nodeId), to: { parentId: owner.rootId, name } };
    for (const op of [
      ops.folder(owner.rootId, name),
      ops.file(owner.rootId, name, { bytes: bytesOf('') }),
      ops.move(there.nodeId, owner.rootId, name),
      restore,
    ]) {
      const attempt = drive.commit(owner.device, owner.spaceId, [op]);
      await expect(attempt).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await children(owner)).toEqual(['there']);
  });

  it('leaves names alone that mean something elsewhere only', async () => {
    const owner = await drive.owner();
    const names = ['CON', 'a:b', 'a\\b', '*?"<>|', '-rf', '__proto__', 'constructor', ' ', '\n', '\u202eexe.txt', '~'];
    for (const name of names) expect(await make(owner, name)).toBe(name);
    expect((await children(owner)).sort()).toEqual([...names].sort());
  });
});

async function children({ rootId }: { rootId: NodeId }): Promise<string[]> {
  const rows = await drive.sql<{ name: string }>(
    `SELECT name FROM node WHERE parent_id = $1 AND trashed_at IS NULL AND live_name = name`,
    [rootId],
  );
  return rows.map((row) => row.name);
}
