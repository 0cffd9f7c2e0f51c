import {
  FOLDER_ROLE_ATOMS,
  contentIdOf,
  digestOf,
  type BatchOp,
  type BatchOutcome,
  type ChunkRef,
  type DriveNode,
  type FeedItem,
} from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hashes, Ids } from '../ports/clock.ts';
import type { Cloud, CloudListing } from '../ports/cloud.ts';

export type CloudUnderTest = {
  /** A space of its own with nothing in it, seen by somebody who may do everything there. */
  readonly cloud: Cloud;
  readonly hashes: Hashes;
  readonly ids: Ids;
  /** Limits the space; `null` takes the limit away. */
  readonly setQuota: (bytes: number | null) => Promise<void>;
  /** The drive below a folder, seen by somebody who is an Uploader there (PE-6): makes new things and changes none. */
  readonly asUploader: (folderId: string, of: { readonly editorOf?: string }) => Promise<Cloud>;
  /** The drive below a folder, seen by its editor, who is no more than a Backer (PE-1) of a folder in it. */
  readonly asBacker: (folderId: string, of: { readonly editorOf: string }) => Promise<Cloud>;
  readonly close?: () => Promise<void> | void;
};

const FILE_META = { mtimeMs: 1000, exec: false };
const SIGNAL = new AbortController().signal;
const GHOST = '00000000-0000-7000-8fff-00000000dead';

/** Everything the engine relies on in the drive. Every implementation of the port passes it, the one in memory included. */
export function cloudContract(name: string, create: () => Promise<CloudUnderTest> | CloudUnderTest): void {
  describe(`${name}: cloud contract`, () => {
    let made: CloudUnderTest;
    let hand: Hand;
    beforeEach(async () => {
      made = await create();
      hand = new Hand(made);
    });
    afterEach(async () => made?.close?.());

    describe('an operation', () => {
      it('makes folders and files, and answers the node as it is then', async () => {
        const folder = await hand.done(hand.folder('d'));
        expect(folder).toMatchObject({ name: 'd', kind: 'folder', rev: 1, contentId: null, trashedAt: null });
        const file = await hand.done(hand.file('f', 'hello', folder.id), 'hello');
        const contentId = hand.contentId('hello');
        expect(file).toMatchObject({ parentId: folder.id, name: 'f', rev: 1, size: 5, contentId, ...FILE_META });
        expect(file.seq).toBe(folder.seq + 1);
      });

      it('writes a version, and counts the revision of the node on', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        const next = await hand.done({ ...hand.version(file.id, 'two!'), ifMatch: 1 }, 'two!');
        expect(next).toMatchObject({ id: file.id, rev: 2, size: 4, contentId: hand.contentId('two!') });
        expect(await hand.read(next)).toBe('two!');
      });

      it('[BI-6] sets times and the executable bit without making a version', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        const op = { kind: 'setMeta', opId: hand.opId(), nodeId: file.id, mtimeMs: 7, exec: true };
        expect(await hand.done(op)).toMatchObject({ rev: 2, mtimeMs: 7, exec: true, contentId: file.contentId });
      });

      it('that changes nothing is done, and leaves revision and feed alone', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        const meta = { kind: 'setMeta', opId: hand.opId(), nodeId: file.id, ...FILE_META };
        expect(await hand.done(meta)).toEqual(file);
        expect(await hand.done(hand.move(file.id, 'f'))).toEqual(file);
        expect(await made.cloud.digest(made.cloud.rootId)).toMatchObject({ seq: file.seq });
      });

      it('moves, trashes and takes out of the bin again', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one'), 'one');
        expect(await hand.done(hand.move(file.id, 'g', folder.id))).toMatchObject({ parentId: folder.id, name: 'g' });
        const trashed = await hand.done(hand.trash(file.id));
        expect(trashed.trashedAt).not.toBeNull();
        expect(await hand.paths()).toEqual(['d']);
        const back = await hand.done({ kind: 'restore', opId: hand.opId(), nodeId: file.id });
        expect(back).toMatchObject({ trashedAt: null, name: 'g', rev: 4 });
        expect(await hand.paths()).toEqual(['d', 'd/g']);
      });

      it('restores to another place, and not under a name that is taken by now', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one'), 'one');
        await hand.done(hand.trash(file.id));
        await hand.done(hand.file('f', 'other'), 'other');
        const restore = () => ({ kind: 'restore', opId: hand.opId(), nodeId: file.id });
        expect(await hand.run(restore())).toMatchObject({ code: 'NAME_TAKEN' });
        const to = { parentId: folder.id, name: 'kept' };
        expect(await hand.done({ ...restore(), to })).toMatchObject({ ...to, trashedAt: null });
      });

      it('[VE-2] makes folders of the path again that are in the bin', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one', folder.id), 'one');
        await hand.done(hand.trash(file.id));
        await hand.done(hand.trash(folder.id));
        const back = await hand.done({ kind: 'restore', opId: hand.opId(), nodeId: file.id });
        expect(await hand.paths()).toEqual(['d', 'd/f']);
        expect(back.parentId).not.toBe(folder.id);
      });
    });

    describe('a refusal', () => {
      it('REV_MISMATCH tells the present state', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        const head = await hand.done(hand.version(file.id, 'two'), 'two');
        const stale = [
          hand.version(file.id, 'three'),
          hand.move(file.id, 'g'),
          hand.trash(file.id),
          { kind: 'setMeta', opId: hand.opId(), nodeId: file.id, mtimeMs: 9, exec: false },
        ];
        for (const op of stale) {
          const outcome = await hand.run({ ...op, ifMatch: 1 }, 'three');
          expect(outcome).toMatchObject({ status: 'refused', code: 'REV_MISMATCH', node: { rev: 2 } });
        }
        expect(await hand.read(head)).toBe('two');
      });

      it('NAME_TAKEN: files and folders share one set of names, by exact spelling', async () => {
        await hand.done(hand.folder('a'));
        const other = await hand.done(hand.folder('A'));
        const taken = { status: 'refused', code: 'NAME_TAKEN' };
        expect(await hand.run(hand.folder('a'))).toMatchObject(taken);
        expect(await hand.run(hand.file('a', 'x'), 'x')).toMatchObject(taken);
        expect(await hand.run(hand.move(other.id, 'a'))).toMatchObject(taken);
      });

      it.each([
        ['PARENT_UNKNOWN', 'a folder that never was'],
        ['PARENT_NOT_FOLDER', 'a file'],
        ['PARENT_TRASHED', 'a folder in the bin'],
        ['PARENT_TRASHED', 'a folder below one in the bin'],
      ])('%s: nothing is put into %s', async (code, where) => {
        const outer = await hand.done(hand.folder('outer'));
        const inner = await hand.done(hand.folder('inner', outer.id));
        const file = await hand.done(hand.file('file', 'x'), 'x');
        await hand.done(hand.trash(outer.id));
        const places: Record<string, string> = {
          'a folder that never was': GHOST,
          'a file': file.id,
          'a folder in the bin': outer.id,
          'a folder below one in the bin': inner.id,
        };
        const parent = places[where] ?? '';
        const moved = await hand.done(hand.folder('moved'));
        expect(await hand.run(hand.folder('n', parent))).toMatchObject({ code });
        expect(await hand.run(hand.file('n', 'x', parent), 'x')).toMatchObject({ code });
        expect(await hand.run(hand.move(moved.id, 'n', parent))).toMatchObject({ code });
      });

      it('NODE_UNKNOWN: a node that never was', async () => {
        for (const op of [hand.version(GHOST, 'x'), hand.move(GHOST, 'g'), hand.trash(GHOST)]) {
          expect(await hand.run(op, 'x')).toMatchObject({ code: 'NODE_UNKNOWN', node: null });
        }
      });

      it('NODE_TRASHED: a node in the bin is neither written nor moved nor trashed again', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        await hand.done(hand.trash(file.id));
        for (const op of [hand.version(file.id, 'x'), hand.move(file.id, 'g'), hand.trash(file.id)]) {
          expect(await hand.run(op, 'x')).toMatchObject({ code: 'NODE_TRASHED', node: { id: file.id } });
        }
      });

      it('PARENT_TRASHED: what lies in a folder in the bin is not written, but can be moved out of it', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one', folder.id), 'one');
        await hand.done(hand.trash(folder.id));
        expect(await hand.run(hand.version(file.id, 'x'), 'x')).toMatchObject({ code: 'PARENT_TRASHED' });
        expect(await hand.run(hand.move(file.id, 'g', folder.id))).toMatchObject({ code: 'PARENT_TRASHED' });
        await hand.done(hand.move(file.id, 'out'));
        expect(await hand.paths()).toEqual(['out']);
      });

      it('NOT_TRASHED, KIND_MISMATCH, NODE_ID_TAKEN, MOVE_CYCLE, ROOT_IMMUTABLE', async () => {
        const outer = await hand.done(hand.folder('outer'));
        const inner = await hand.done(hand.folder('inner', outer.id));
        const codeOf = async (op: object) => (await hand.run(op, 'x')) as object;
        const restore = { kind: 'restore', opId: hand.opId(), nodeId: outer.id };
        expect(await codeOf(restore)).toMatchObject({ code: 'NOT_TRASHED' });
        expect(await codeOf(hand.version(outer.id, 'x'))).toMatchObject({ code: 'KIND_MISMATCH' });
        expect(await codeOf({ ...hand.folder('n'), nodeId: outer.id })).toMatchObject({ code: 'NODE_ID_TAKEN' });
        expect(await codeOf(hand.move(outer.id, 'n', inner.id))).toMatchObject({ code: 'MOVE_CYCLE' });
        expect(await codeOf(hand.move(outer.id, 'n', outer.id))).toMatchObject({ code: 'MOVE_CYCLE' });
        expect(await codeOf(hand.trash(made.cloud.rootId))).toMatchObject({ code: 'ROOT_IMMUTABLE' });
      });

      it('CHUNKS_MISSING tells which bytes are not there', async () => {
        const outcome = await hand.run(hand.file('f', 'never sent'));
        expect(outcome).toMatchObject({ code: 'CHUNKS_MISSING', missing: [hand.chunk('never sent').hash] });
        expect(await hand.paths()).toEqual([]);
      });

      it('[PE-6] FORBIDDEN: the right is not there, and caps say so before it is tried', async () => {
        const folder = await hand.done(hand.folder('shared'));
        const file = await hand.done(hand.file('f', 'x', folder.id), 'x');
        const { caps, commit } = await hand.uploader(folder.id);
        const boundary = caps.boundaries.find(({ nodeId }) => nodeId === folder.id);
        expect([...(boundary?.atoms ?? [])].sort()).toEqual([...FOLDER_ROLE_ATOMS.uploader].sort());
        expect(boundary?.syncRight).toBe('none');
        const stale = { ...hand.move(file.id, 'g', folder.id), ifMatch: 9 };
        for (const op of [hand.version(file.id, 'y'), hand.move(file.id, 'g', folder.id), stale, hand.trash(file.id)]) {
          expect(await commit(op, 'y')).toMatchObject({ status: 'refused', code: 'FORBIDDEN', node: { id: file.id } });
        }
        expect(await commit(hand.file('new', 'y', folder.id), 'y')).toMatchObject({ status: 'done' });
        expect(await hand.paths()).toEqual(['shared', 'shared/f', 'shared/new']);
      });

      it('[PE-4] SUBTREE_FORBIDDEN: a folder takes nothing along that could not go by itself; told is where that is', async () => {
        const top = await hand.done(hand.folder('top'));
        const [outer, other] = [hand.folder('outer', top.id), hand.folder('other', top.id)];
        const { id: outerId } = await hand.done(outer);
        const { id: otherId } = await hand.done(other);
        const inner = await hand.done(hand.folder('inner', outerId));
        const { commit } = await hand.uploader(inner.id, { editorOf: top.id });
        for (const op of [hand.trash(outerId), hand.move(outerId, 'outer', otherId)]) {
          expect(await commit(op, 'y')).toMatchObject({ code: 'SUBTREE_FORBIDDEN', node: { id: inner.id } });
        }
        expect(await commit(hand.move(outerId, 'renamed', top.id), 'y')).toMatchObject({ status: 'done' });
        expect(await commit(hand.trash(otherId), 'y')).toMatchObject({ status: 'done' });
        expect(await hand.paths()).toEqual(['top', 'top/renamed', 'top/renamed/inner']);
      });

      it('[PE-6] FORBIDDEN: what is moved to where its mover could read it, and could not where it was', async () => {
        const top = await hand.done(hand.folder('top'));
        const { id: keptId } = await hand.done(hand.folder('kept', top.id));
        const [file, sub] = [
          await hand.done(hand.file('f', 'x', keptId), 'x'),
          await hand.done(hand.folder('sub', keptId)),
        ];
        const { commit } = await hand.backer(keptId, { editorOf: top.id });
        for (const { id } of [file, sub]) {
          expect(await commit(hand.move(id, 'mine', top.id), '')).toMatchObject({ code: 'FORBIDDEN', node: { id } });
        }
        expect(await commit(hand.move(file.id, 'g', sub.id), '')).toMatchObject({ status: 'done' });
        expect(await commit(hand.trash(file.id), '')).toMatchObject({ status: 'done' });
        const restore = { kind: 'restore', opId: hand.opId(), nodeId: file.id, to: { parentId: top.id, name: 'mine' } };
        expect(await commit(restore, '')).toMatchObject({ code: 'FORBIDDEN', node: { id: file.id } });
        expect(await hand.paths()).toEqual(['top', 'top/kept', 'top/kept/sub']);
      });

      it('SUBTREE_CHANGED: a folder is not trashed when something in it changed since', async () => {
        const outer = await hand.done(hand.folder('outer'));
        const inner = await hand.done(hand.folder('inner', outer.id));
        const file = await hand.done(hand.file('f', 'x', inner.id), 'x');
        const stale = { ...hand.trash(outer.id), ifSubtreeSeq: inner.seq };
        expect(await hand.run(stale)).toMatchObject({ code: 'SUBTREE_CHANGED', node: { id: outer.id } });
        await hand.done({ ...hand.trash(outer.id), ifSubtreeSeq: file.seq });
      });

      it('SUBTREE_CHANGED: a folder is neither moved nor renamed when something in it changed since', async () => {
        const [outer, other] = [await hand.done(hand.folder('outer')), await hand.done(hand.folder('other'))];
        const inner = await hand.done(hand.folder('inner', outer.id));
        const file = await hand.done(hand.file('f', 'x', inner.id), 'x');
        for (const move of [hand.move(outer.id, 'outer', other.id), hand.move(outer.id, 'renamed')])
          expect(await hand.run({ ...move, ifSubtreeSeq: inner.seq })).toMatchObject({
            code: 'SUBTREE_CHANGED',
            node: { id: outer.id, name: 'outer', parentId: outer.parentId },
          });
        await hand.done({ ...hand.move(outer.id, 'renamed', other.id), ifSubtreeSeq: file.seq });
        expect(await hand.paths()).toEqual(['other', 'other/renamed', 'other/renamed/inner', 'other/renamed/inner/f']);
      });

      it('names are held in NFC, of 1 to 255 bytes, and anything else refuses the whole request', async () => {
        expect(await hand.done(hand.folder('u\u0308'))).toMatchObject({ name: '\u00fc' });
        expect(await hand.run(hand.folder('\u00fc'))).toMatchObject({ code: 'NAME_TAKEN' });
        await hand.done(hand.folder('ä'.repeat(127)));
        for (const name of ['', '.', '..', 'a/b', 'a\0b', 'ä'.repeat(128), '\ud800']) {
          await expect(hand.run(hand.folder(name))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
        }
      });
    });

    describe('idempotency', () => {
      it('[R04] answers an operation that was carried out before, alone and in an atomic batch', async () => {
        for (const atomic of [false, true]) {
          const op = hand.folder(`d${atomic}`);
          const first = await hand.commit([op], { atomic });
          await hand.done(hand.move(op.nodeId, `moved${atomic}`));
          expect(await hand.commit([op], { atomic })).toEqual(first);
        }
        expect(await hand.paths()).toEqual(['movedfalse', 'movedtrue']);
      });

      it('remembers no refusal: once the reason is gone, the same operation is carried out', async () => {
        const blocker = await hand.done(hand.folder('d'));
        const op = hand.folder('d');
        expect(await hand.run(op)).toMatchObject({ code: 'NAME_TAKEN' });
        await hand.done(hand.trash(blocker.id));
        expect(await hand.run(op)).toMatchObject({ status: 'done' });
      });

      it('tells by id what became of operations, and leaves out what was never done', async () => {
        const done = hand.folder('d');
        const refused = hand.folder('d');
        const [outcome] = await hand.commit([done]);
        await hand.commit([refused]);
        expect(await made.cloud.answers([done.opId, refused.opId, hand.opId()])).toEqual([outcome]);
      });

      it('refuses two operations of one id in one request', async () => {
        const op = hand.folder('d');
        await expect(hand.commit([op, op])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      });
    });

    describe('a batch', () => {
      it('item by item: each operation sees those before it, and fails alone', async () => {
        const folder = hand.folder('d');
        const ops = [folder, hand.folder('e', GHOST), hand.folder('f', folder.nodeId)];
        const outcomes = await hand.commit(ops);
        expect(outcomes.map(({ status }) => status)).toEqual(['done', 'refused', 'done']);
        expect(await hand.paths()).toEqual(['d', 'd/f']);
      });

      it('atomic: swaps names in one go, which item by item is impossible', async () => {
        const a = await hand.done(hand.file('a', 'A'), 'A');
        const b = await hand.done(hand.file('b', 'B'), 'B');
        const swap = () => [hand.move(a.id, 'b'), hand.move(b.id, 'a')];
        expect((await hand.commit(swap()))[0]).toMatchObject({ code: 'NAME_TAKEN' });
        const outcomes = await hand.commit(swap(), { atomic: true });
        expect(outcomes).toMatchObject([
          { status: 'done', node: { id: a.id, name: 'b' } },
          { status: 'done', node: { id: b.id, name: 'a' } },
        ]);
        expect(await hand.paths()).toEqual(['a', 'b']);
      });

      it('atomic: one refusal refuses all, tells its own code, and leaves no trace', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        const before = await hand.listing();
        const ops = [hand.folder('d'), { ...hand.move(file.id, 'g'), ifMatch: 9 }, hand.trash(file.id)];
        const outcomes = await hand.commit(ops, { atomic: true });
        expect(outcomes.map((each) => each.status === 'refused' && each.code)).toEqual([
          ...['BATCH_ABORTED', 'REV_MISMATCH', 'BATCH_ABORTED'],
        ]);
        expect(await hand.listing()).toEqual(before);
        expect(await made.cloud.answers(ops.map((op) => op.opId))).toEqual([]);
        expect((await made.cloud.changes(before.cursor, SIGNAL)).items).toEqual([]);
      });

      it('atomic: a name that is taken in the end refuses all', async () => {
        const a = await hand.done(hand.folder('a'));
        await hand.done(hand.folder('c'));
        const outcomes = await hand.commit([hand.folder('n'), hand.move(a.id, 'c')], { atomic: true });
        expect(outcomes).toMatchObject([{ code: 'BATCH_ABORTED' }, { code: 'NAME_TAKEN' }]);
        expect(await hand.paths()).toEqual(['a', 'c']);
      });
    });

    it('an atomic batch never makes two folders lie in each other', async () => {
      const [a, b] = [await hand.done(hand.folder('a')), await hand.done(hand.folder('b'))];
      const file = await hand.done(hand.file('f', 'one'), 'one');
      const moves = [hand.move(a.id, 'a', b.id), hand.move(b.id, 'b', a.id)];
      const outcomes = await hand.commit([...moves, { ...hand.trash(file.id), ifSubtreeSeq: file.seq }], {
        atomic: true,
      });
      expect(outcomes).toMatchObject([{ code: 'MOVE_CYCLE' }, { code: 'MOVE_CYCLE' }, { code: 'BATCH_ABORTED' }]);
      expect(await hand.paths()).toEqual(['a', 'b', 'f']);
    });

    describe('the feed', () => {
      it('tells what changed since a cursor as it is now, once, and then nothing', async () => {
        const { cursor, epoch, capsRev } = await hand.listing();
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one', folder.id), 'one');
        const head = await hand.done(hand.version(file.id, 'two'), 'two');
        const page = await made.cloud.changes(cursor, SIGNAL);
        expect(page).toMatchObject({ seq: head.seq, epoch, capsRev, more: false });
        expect(page.items).toEqual([
          { type: 'node', node: folder, entered: false },
          { type: 'node', node: head, entered: false },
        ]);
        expect((await made.cloud.changes(page.cursor, SIGNAL)).items).toEqual([]);
      });

      it('tells a parent before its children although it changed after them, and a gone one last', async () => {
        const folder = await hand.done(hand.folder('d'));
        const gone = await hand.done(hand.folder('gone'));
        const file = await hand.done(hand.file('f', 'one', gone.id), 'one');
        const { cursor } = await hand.listing();
        await hand.done(hand.move(file.id, 'f', folder.id));
        await hand.done(hand.trash(gone.id));
        const outer = await hand.done(hand.folder('outer'));
        await hand.done(hand.move(folder.id, 'd', outer.id));
        const { items } = await made.cloud.changes(cursor, SIGNAL);
        expect(brief(items)).toEqual(['outer', 'd entered', 'f', `trashed ${gone.id}`]);
      });

      it('[D20] says `entered` of a folder that came out of the bin, not of one that was renamed', async () => {
        const renamed = await hand.done(hand.folder('r'));
        const folder = await hand.done(hand.folder('d'));
        await hand.done(hand.file('f', 'one', folder.id), 'one');
        await hand.done(hand.trash(folder.id));
        const { cursor } = await hand.listing();
        await hand.done({ kind: 'restore', opId: hand.opId(), nodeId: folder.id });
        await hand.done(hand.move(renamed.id, 's'));
        const { items } = await made.cloud.changes(cursor, SIGNAL);
        expect(brief(items).sort()).toEqual(['d entered', 's']);
        expect([...(await made.cloud.listing(folder.id, SIGNAL)).nodes].map((node) => node.name)).toContain('f');
      });

      it('says `gone` of a folder that was trashed, and nothing of what is below it', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one', folder.id), 'one');
        const { cursor } = await hand.listing();
        await hand.done(hand.version(file.id, 'two'), 'two');
        const trashed = await hand.done(hand.trash(folder.id));
        const { items } = await made.cloud.changes(cursor, SIGNAL);
        expect(items).toEqual([{ type: 'gone', id: folder.id, gone: 'trashed', rev: trashed.rev }]);
      });

      it('refuses a cursor that it did not make', async () => {
        await expect(made.cloud.changes('made up', SIGNAL)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      });
    });

    describe('a listing', () => {
      it('holds the root and all below it, parents first, and fits count, digest, seq and cursor', async () => {
        const outer = await hand.done(hand.folder('outer'));
        const inner = await hand.done(hand.folder('inner'));
        await hand.done(hand.file('f', 'one', inner.id), 'one');
        await hand.done(hand.move(inner.id, 'inner', outer.id));
        const { nodes, seq, cursor, ...rest } = await hand.listing();
        expect(nodes.map((node) => node.name).slice(1)).toEqual(['outer', 'inner', 'f']);
        expect(nodes[0]?.id).toBe(made.cloud.rootId);
        const told = await made.cloud.digest(made.cloud.rootId);
        const digest = digestOf(nodes.slice(1), (text) => made.hashes.sha256Hex(text));
        expect(told).toMatchObject({ count: 3, digest, seq });
        expect(await made.cloud.changes(cursor, SIGNAL)).toMatchObject({ items: [], seq, ...without(rest) });
      });

      it('of a folder, and its digest, are about what is below it', async () => {
        const folder = await hand.done(hand.folder('d'));
        const file = await hand.done(hand.file('f', 'one', folder.id), 'one');
        await hand.done(hand.folder('elsewhere'));
        const nodes = [...(await made.cloud.listing(folder.id, SIGNAL)).nodes];
        expect(nodes.map((node) => node.id)).toEqual([folder.id, file.id]);
        expect(await made.cloud.digest(folder.id)).toMatchObject({ count: 1 });
      });

      it('NODE_UNKNOWN: of what never was, or is in the bin', async () => {
        const folder = await hand.done(hand.folder('d'));
        await hand.done(hand.trash(folder.id));
        for (const id of [GHOST, folder.id]) {
          await expect(made.cloud.listing(id, SIGNAL)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
          await expect(made.cloud.digest(id)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
        }
      });
    });

    describe('bytes', () => {
      it('are missing until they came in a pack, and then commit by hash alone', async () => {
        const chunk = hand.chunk('packed');
        expect(await made.cloud.missing([chunk, hand.chunk('other')])).toEqual(
          new Set([chunk.hash, hand.chunk('other').hash]),
        );
        await made.cloud.putPack([{ chunk, bytes: hand.bytes('packed') }]);
        expect(await made.cloud.missing([chunk])).toEqual(new Set());
        expect(await hand.read(await hand.done(hand.file('f', 'packed')))).toBe('packed');
      });

      it('CHUNK_CORRUPT: are not taken under a hash that is not theirs', async () => {
        const wrong = { chunk: hand.chunk('abc'), bytes: hand.bytes('abd') };
        await expect(made.cloud.putPack([wrong])).rejects.toMatchObject({ code: 'CHUNK_CORRUPT' });
        const ops = [hand.file('f', 'abc') as BatchOp];
        const commit = made.cloud.commit({ atomic: false, ops, inline: [wrong] });
        await expect(commit).rejects.toMatchObject({ code: 'CHUNK_CORRUPT' });
        expect(await made.cloud.missing([wrong.chunk])).toEqual(new Set([wrong.chunk.hash]));
        expect(await hand.paths()).toEqual([]);
      });

      it('come by range, by bundle and with their manifest', async () => {
        const file = await hand.done(hand.file('f', '0123456789'), '0123456789');
        const empty = await hand.done(hand.file('empty', ''));
        expect(await hand.read(file, { from: 3, to: 7 })).toBe('3456');
        const asked = [file, empty].map(({ id, contentId }) => ({ nodeId: id, contentId: contentId ?? '' }));
        for (const into of [undefined, new Uint8Array(10), new Uint8Array(1)]) {
          const bundle = await made.cloud.bundle(asked, SIGNAL, into);
          expect(bundle.map((item) => item.t === 'bytes' && hand.text(item.bytes))).toEqual(['0123456789', '']);
        }
        const chunks = [hand.chunk('0123456789')];
        expect(await made.cloud.manifest(file.id)).toEqual({ contentId: file.contentId, chunks });
      });

      it('[FI-4] are told to be versions of a file as long as they are kept, of that file alone', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        await hand.done(hand.version(file.id, 'two'), 'two');
        const other = await hand.done(hand.file('g', 'three'), 'three');
        const of = (nodeId: string, text: string) => ({ nodeId, contentId: hand.contentId(text) });
        const kept = [of(file.id, 'one'), of(file.id, 'two'), of(other.id, 'three')];
        const never = [of(file.id, 'three'), of(other.id, 'one'), of(GHOST, 'one'), of(file.id, '')];
        expect(await made.cloud.keptVersions([...never, ...kept])).toEqual(kept);
        expect(await made.cloud.keptVersions(never)).toEqual([]);
      });

      it('[R16] of another content than the head are not given: the range ends, the bundle says so', async () => {
        const file = await hand.done(hand.file('f', 'one'), 'one');
        await hand.done(hand.version(file.id, 'two'), 'two');
        expect(await hand.read(file)).toBe('');
        const asked = { nodeId: file.id, contentId: file.contentId ?? '' };
        const [changed, unknown] = await made.cloud.bundle([asked, { ...asked, nodeId: GHOST }], SIGNAL);
        expect(changed).toMatchObject({ t: 'unavailable', nodeId: file.id, code: 'REV_MISMATCH' });
        expect(unknown).toMatchObject({ t: 'unavailable', nodeId: GHOST, code: 'NODE_UNKNOWN' });
        await expect(made.cloud.manifest(GHOST)).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
      });
    });

    describe('[VE-3] room', () => {
      const newKey = () => made.ids.opId();

      it('is refused when it is not there, replaced under the same key, and kept from everybody else', async () => {
        await made.setQuota(100);
        const key = newKey();
        await expect(made.cloud.missing([], { key, bytes: 101 })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
        for (const bytes of [60, 60, 90, 30]) await made.cloud.missing([], { key, bytes });
        const other = { key: newKey(), bytes: 71 };
        await expect(made.cloud.missing([], other)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
        await made.cloud.missing([], { ...other, bytes: 70 });
        expect(await hand.run(hand.file('f', 'x'), 'x')).toMatchObject({ code: 'QUOTA_EXCEEDED' });
      });

      it('for several files is there for all of them or for none', async () => {
        await made.setQuota(100);
        const rooms = [60, 30].map((bytes) => ({ key: newKey(), bytes }));
        await made.cloud.missing([], ...rooms);
        const more = [5, 6].map((bytes) => ({ key: newKey(), bytes }));
        await expect(made.cloud.missing([], ...more)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
        await made.cloud.missing([], { key: newKey(), bytes: 10 });
      });

      it('is used up by the commit that names it', async () => {
        await made.setQuota(100);
        const key = newKey();
        await made.cloud.missing([], { key, bytes: 60 });
        const text = 'y'.repeat(60);
        await hand.done({ ...hand.file('f', text), reservation: key }, text);
        await made.cloud.missing([], { key: newKey(), bytes: 40 });
        const more = { key: newKey(), bytes: 1 };
        await expect(made.cloud.missing([], more)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
      });

      it('is what packs come out of: of a room that is larger, or of one that can grow for them', async () => {
        await made.setQuota(100);
        const [key, other] = [newKey(), newKey()];
        await made.cloud.missing([], { key, bytes: 60 });
        const pack = (letter: string, bytes: number, roomKey?: string) => {
          const text = letter.repeat(bytes);
          return made.cloud.putPack([{ chunk: hand.chunk(text), bytes: hand.bytes(text) }], roomKey);
        };
        const refused = { code: 'QUOTA_EXCEEDED' };
        await expect(pack('a', 61)).rejects.toMatchObject(refused);
        await expect(pack('a', 41, other)).rejects.toMatchObject(refused);
        await pack('a', 50, key);
        await pack('a', 50, key); // it is here
        await pack('a', 50);
        await pack('b', 40, key);
        await expect(pack('c', 11, key)).rejects.toMatchObject(refused);
        await pack('c', 10, key);
        await expect(made.cloud.missing([], { key: other, bytes: 1 })).rejects.toMatchObject(refused);
        await hand.done({ ...hand.file('f', 'a'.repeat(50)), reservation: key });
        await pack('d', 50, other);
      });

      it('counts versions and the bin, and comes with a larger quota; moves and deletes need none', async () => {
        await made.setQuota(6);
        const file = await hand.done(hand.file('f', 'one'), 'one');
        await hand.done(hand.version(file.id, 'two'), 'two');
        expect(await hand.run(hand.version(file.id, '3'), '3')).toMatchObject({ code: 'QUOTA_EXCEEDED' });
        await hand.done(hand.move(file.id, 'g'));
        await hand.done(hand.trash(file.id));
        const late = hand.file('late', '3');
        expect(await hand.run(late, '3')).toMatchObject({ code: 'QUOTA_EXCEEDED' });
        await made.setQuota(7);
        expect(await hand.run(late, '3')).toMatchObject({ status: 'done' });
      });
    });
  });
}

type Op = { readonly opId: string; readonly nodeId: string } & object;
type Done = Extract<BatchOutcome, { status: 'done' }>['node'];

/** Whoever works in the drive under test, one request at a time. */
class Hand {
  readonly #made: CloudUnderTest;

  constructor(made: CloudUnderTest) {
    this.#made = made;
  }

  opId(): string {
    return this.#made.ids.opId();
  }

  folder(name: string, parentId = this.#made.cloud.rootId): Op {
    return { kind: 'createFolder', ...this.#newIds(), parentId, name } as Op;
  }

  file(name: string, text: string, parentId = this.#made.cloud.rootId): Op {
    return { kind: 'createFile', ...this.#newIds(), parentId, name, ...this.#content(text) } as Op;
  }

  version(nodeId: string, text: string): Op {
    return { kind: 'putVersion', opId: this.opId(), nodeId, ...this.#content(text) } as Op;
  }

  move(nodeId: string, name: string, parentId = this.#made.cloud.rootId): Op {
    return { kind: 'move', opId: this.opId(), nodeId, parentId, name } as Op;
  }

  trash(nodeId: string): Op {
    return { kind: 'trash', opId: this.opId(), nodeId } as Op;
  }

  async commit(
    ops: readonly object[],
    { atomic = false, text = '' }: { atomic?: boolean; text?: string } = {},
  ): Promise<readonly BatchOutcome[]> {
    return commitTo(this.#made.cloud, ops, { atomic, inline: this.#inline(text) });
  }

  async run(op: object, text = ''): Promise<BatchOutcome | undefined> {
    return (await this.commit([op], { text }))[0];
  }

  async done(op: object, text = ''): Promise<Done> {
    const outcome = await this.run(op, text);
    if (outcome?.status !== 'done') throw new Error(`${JSON.stringify(op)} → ${JSON.stringify(outcome)}`);
    return outcome.node;
  }

  async uploader(folderId: string, of: { readonly editorOf?: string } = {}) {
    return this.#as(await this.#made.asUploader(folderId, of));
  }

  async backer(folderId: string, of: { readonly editorOf: string }) {
    return this.#as(await this.#made.asBacker(folderId, of));
  }

  async #as(cloud: Cloud) {
    const commit = async (op: object, text: string) => {
      const [outcome] = await commitTo(cloud, [op], { atomic: false, inline: this.#inline(text) });
      return outcome;
    };
    return { caps: await cloud.caps(), commit };
  }

  async listing(): Promise<CloudListing & { readonly nodes: readonly DriveNode[] }> {
    const listing = await this.#made.cloud.listing(this.#made.cloud.rootId, SIGNAL);
    return { ...listing, nodes: [...listing.nodes] };
  }

  async paths(): Promise<string[]> {
    const { nodes } = await this.listing();
    const paths = new Map<string | null, string>();
    for (const { id, parentId, name } of nodes) {
      const above = paths.get(parentId);
      if (id !== this.#made.cloud.rootId) paths.set(id, above === undefined ? name : `${above}/${name}`);
    }
    return [...paths.values()].sort();
  }

  async read(
    { id, contentId, size }: Pick<Done, 'id' | 'contentId' | 'size'>,
    { from, to } = { from: 0, to: size ?? 0 },
  ): Promise<string> {
    let text = '';
    const range = { contentId: contentId ?? '', from, to };
    for await (const run of this.#made.cloud.content(id, range, SIGNAL)) text += this.text(run);
    return text;
  }

  bytes(text: string): Uint8Array {
    return new TextEncoder().encode(text);
  }

  text(bytes: Uint8Array): string {
    return new TextDecoder().decode(bytes);
  }

  chunk(text: string): ChunkRef {
    const bytes = this.bytes(text);
    return { hash: this.#made.hashes.sha256Hex(bytes), size: bytes.length } as ChunkRef;
  }

  contentId(text: string): string {
    return contentIdOf(text === '' ? [] : [this.chunk(text)], (line) => this.#made.hashes.sha256Hex(line));
  }

  #newIds() {
    return { opId: this.opId(), nodeId: this.#made.ids.nodeId() };
  }

  #content(text: string) {
    const chunks = text === '' ? [] : [this.chunk(text)];
    return { content: { size: this.bytes(text).length, chunks }, ...FILE_META };
  }

  #inline(text: string) {
    return text === '' ? [] : [{ chunk: this.chunk(text), bytes: this.bytes(text) }];
  }
}

async function commitTo(
  cloud: Cloud,
  ops: readonly object[],
  { atomic, inline }: Omit<Parameters<Cloud['commit']>[0], 'ops'>,
): Promise<readonly BatchOutcome[]> {
  return (await cloud.commit({ atomic, ops: ops as readonly BatchOp[], inline })).outcomes;
}

function brief(items: readonly FeedItem[]): string[] {
  return items.map((item) => {
    if (item.type === 'gone') return `${item.gone} ${item.id}`;
    return item.entered ? `${item.node.name} entered` : item.node.name;
  });
}

function without({ epoch, capsRev }: Pick<CloudListing, 'epoch' | 'capsRev'>) {
  return { epoch, capsRev };
}
