import {
  FOLDER_ROLE_ATOMS,
  type Atom,
  type BatchOp,
  type DriveNode,
  type GrantId,
  type NodeId,
  type OpId,
  type SpaceId,
  type SyncRight,
  type UserId,
  type VersionId,
} from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import type { SpaceRow } from '../grants/access.store.ts';
import { AccessTree } from '../grants/access-tree.ts';
import type { Statement } from '../grants/rights.ts';
import { SpaceParts } from '../grants/space-parts.ts';
import { BatchTree } from './batch-tree.ts';
import { decideBatch } from './decide-batch.ts';

const id = (text: string) => text as NodeId;
const BLANK = { rev: 1, seq: 1, versionId: null, contentId: null, size: null, mtimeMs: null, exec: false };
type Tree = { readonly [path: string]: { readonly atoms?: readonly Atom[]; readonly syncRight?: SyncRight } };
const BACKER = { syncRight: 'backer' } as const;
const SYNCHRONIZER = { syncRight: 'synchronizer' } as const;
const WRITER: readonly Atom[] = ['visible', 'list', 'create', 'move', 'delete'];
const EDITOR = { atoms: FOLDER_ROLE_ATOMS.editor };

/** A team space as somebody sees it who is no member: nodes by their paths (a dot makes a file, `!` in the bin), with what grants say. */
function scene(paths: Tree) {
  const nodes = Object.keys(paths).map((path): DriveNode => {
    const names = path.split('/');
    const name = names.at(-1) ?? '';
    const parentId = path === 'root' ? null : id(names.at(-2) ?? '');
    const trashedAt = name.startsWith('!') ? '2026-01-01T00:00:00.000Z' : null;
    return { ...BLANK, id: id(name), parentId, name, kind: name.includes('.') ? 'file' : 'folder', trashedAt };
  });
  const space: SpaceRow = {
    ...{ id: 's' as SpaceId, kind: 'team', ownerUserId: null, teamId: 't', rootId: id('root'), isKept: false },
  };
  const statements = Object.entries(paths).flatMap(([path, { atoms = null, syncRight = null }]): Statement[] => {
    const nodeId = id(path.split('/').at(-1) ?? '');
    if (!atoms && !syncRight) return [];
    return [{ grantId: nodeId as string as GrantId, nodeId, rank: 0, atoms, syncRight, mayGrant: false }];
  });
  const caller = {
    userId: 'me' as UserId,
    role: 'user',
    readsPersonalSpace: true,
    ownTeamIds: new Set<string>(),
  } as const;
  const chains = nodes.map((node) => ({ ...node, spaceId: space.id, trashed: node.trashedAt !== null, purged: false }));
  const access = new AccessTree({ ...caller, teams: [] }, { chains, spaces: [space] }, statements);
  const partIds = statements.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId !== space.rootId);
  const rights = new Map(
    nodes.flatMap((node) => {
      const seen = access.rightsOf(node.id);
      return seen?.atoms.has('visible') ? [[String(node.id), { atoms: seen.atoms }] as const] : [];
    }),
  );
  return { nodes, rights, parts: new SpaceParts(access, space, partIds) };
}

type Scene = ReturnType<typeof scene>;
type Asked = { readonly atomic?: boolean; readonly withParts?: boolean };
let counter = 0;
const op = (rest: Record<string, unknown>) => ({ opId: `op${++counter}` as OpId, ...rest }) as BatchOp;
const move = (nodeId: string, parentId: string, name = nodeId) => op({ kind: 'move', nodeId, parentId, name });
const restore = (nodeId: string, parentId?: string) =>
  op({ kind: 'restore', nodeId, ...(parentId === undefined ? {} : { to: { parentId, name: nodeId } }) });
const folder = (nodeId: string, parentId: string) => op({ kind: 'createFolder', nodeId, parentId, name: nodeId });

function decide({ nodes, rights, parts }: Scene, ops: BatchOp[], { atomic = false, withParts = true }: Asked = {}) {
  const tree = new BatchTree(nodes, rights);
  const { outcomes } = decideBatch({
    ...{ ops, atomic, tree, parts: withParts ? parts : undefined },
    ...{ answered: new Map(), takenIds: new Set(), purged: new Set(), lostPaths: new Map(), unusable: new Map() },
    ...{ changedSubtrees: new Set(), roomBytes: null, keptBytes: new Map(), seq: 10, now: '2026-01-02T00:00:00.000Z' },
    newNodeId: () => id(`made${++counter}`),
    newVersionId: () => 'v' as VersionId,
    contentIdOf: () => 'c' as never,
  });
  const said = outcomes.map((each) => (each.status === 'done' ? 'done' : `${each.code} ${each.node?.id ?? '-'}`));
  return { said, tree };
}
const say = (...of: Parameters<typeof decide>) => decide(...of).said;

const TWO = {
  root: {},
  'root/closed': BACKER,
  'root/closed/f.txt': {},
  'root/closed/sub': {},
  'root/open': SYNCHRONIZER,
  'root/open/x': {},
  'root/open/read.txt': {},
};

describe('[PE-6] a move reads nothing that could not be read before', () => {
  it.each([true, false])(
    'of a file and of a folder, by what is known of them alone or of all parts (%s)',
    (withParts) => {
      const two = scene(TWO);
      expect(say(two, [move('f.txt', 'open'), move('sub', 'open')], { withParts })).toEqual([
        'FORBIDDEN f.txt',
        'FORBIDDEN sub',
      ]);
    },
  );

  it('leaves work within a folder, and whatever reads less, alone', () => {
    const two = scene(TWO);
    expect(say(two, [move('f.txt', 'sub'), move('sub', 'closed', 'new name'), move('read.txt', 'closed')])).toEqual([
      ...['done', 'done', 'done'],
    ]);
    expect(say(two, [move('read.txt', 'closed'), move('read.txt', 'open')], { atomic: true })).toEqual([
      'done',
      'done',
    ]);
  });

  it('counts each of seeing, listing, preview and download, and nothing else', () => {
    for (const atom of ['list', 'preview', 'download', 'copy', 'shareLink'] as const) {
      const from = [...new Set([...WRITER, ...FOLDER_ROLE_ATOMS.editor])].filter((each) => each !== atom);
      const two = scene({ root: {}, 'root/a': { atoms: from }, 'root/a/f.txt': {}, 'root/b': EDITOR });
      const isRead = atom !== 'copy' && atom !== 'shareLink';
      expect([atom, ...say(two, [move('f.txt', 'b')])]).toEqual([atom, isRead ? 'FORBIDDEN f.txt' : 'done']);
    }
  });

  it('of a folder around it: what it holds reads no more than it did', () => {
    const rows: [string, Tree, string][] = [
      ['a part with a role of its own gets the sync right of the new place', {}, 'SUBTREE_FORBIDDEN part'],
      ['a part that says both keeps both', { 'root/a/outer/part': { atoms: WRITER, syncRight: 'none' } }, 'done'],
      ['a part that says neither goes as its folder does', { 'root/a/outer/part': {} }, 'done'],
      ['a part with a sync right of its own gets the role of the new place', SYNC_PART, 'SUBTREE_FORBIDDEN part'],
    ];
    for (const [name, changed, expected] of rows) {
      const tree = {
        root: {},
        'root/a': EDITOR,
        'root/a/outer': {},
        'root/a/outer/part': { atoms: WRITER },
        'root/b': { atoms: WRITER, ...SYNCHRONIZER },
        ...changed,
      };
      expect([name, ...say(scene(tree), [move('outer', 'b')])]).toEqual([name, expected]);
    }
  });

  it('of a folder with a grant of its own on one axis: the other one is that of the place', () => {
    const tree = { root: {}, 'root/a': BACKER, 'root/a/x': { atoms: WRITER }, 'root/b': SYNCHRONIZER };
    expect(say(scene(tree), [move('x', 'b')])).toEqual(['FORBIDDEN x']);
    const closed = { ...tree, 'root/a/x': { atoms: WRITER, ...BACKER } };
    expect(say(scene(closed), [move('x', 'b')])).toEqual(['done']);
  });

  it.each([false, true])('in several steps of one batch, atomic or not (%s), by known and by new folders', (atomic) => {
    const two = { ...TWO, 'root/dark': { atoms: WRITER }, 'root/closed/y': {} };
    const withSteps = (...ops: BatchOp[]) => decide(scene(two), ops, { atomic });
    const runs: [string, BatchOp[]][] = [
      ['into a folder that then leaves', [move('f.txt', 'y'), move('y', 'open')]],
      ['into one that left before', [move('x', 'dark'), move('f.txt', 'x'), move('x', 'open')]],
      ['into one that is new', [folder('new', 'closed'), move('f.txt', 'new'), move('new', 'open')]],
      ['into one that is new and readable', [folder('new', 'open'), move('f.txt', 'new')]],
      ['by the folder that it goes to being inside it', [move('y', 'sub'), move('sub', 'open')]],
    ];
    for (const [name, ops] of runs) {
      const { said, tree } = withSteps(...ops);
      const above = tree.chainOf(id('f.txt')).map((node) => node.id);
      expect([name, above.includes(id('open')), said.some((each) => each.startsWith('FORBIDDEN'))]).toEqual([
        ...[name, false, true],
      ]);
    }
  });

  it('by a folder that the batch made itself, as far as no grant is known of it', () => {
    const steps = [folder('new', 'closed'), move('f.txt', 'new'), move('new', 'open')];
    const expected = ['done', 'done', 'FORBIDDEN new'];
    expect(say(scene(TWO), steps, { withParts: false })).toEqual(expected);
  });

  it('in a batch of which the end alone counts: two folders that come to lie the other way round', () => {
    const tree = {
      root: {},
      'root/p': BACKER,
      'root/p/a': {},
      'root/p/a/b': {},
      'root/p/a/b/f.txt': {},
      'root/open': EDITOR,
    };
    const inverted = [move('a', 'b'), move('b', 'p')];
    expect(say(scene(tree), inverted, { atomic: true })).toEqual(['done', 'done']);
    expect(say(scene(tree), [move('a', 'b'), move('b', 'open')], { atomic: true })).toContain('FORBIDDEN -');
    const readable = { ...tree, 'root/p': EDITOR };
    expect(say(scene(readable), [move('a', 'b'), move('b', 'open')], { atomic: true })).toEqual(['done', 'done']);
  });

  it('names of two files of different folders may be swapped where they read the same, and not where one reads more', () => {
    const swap = [move('f.txt', 'open', 'read.txt'), move('read.txt', 'closed', 'f.txt')];
    expect(say(scene(TWO), swap, { atomic: true })).toEqual(['FORBIDDEN -', 'BATCH_ABORTED -']);
    const same = scene({ ...TWO, 'root/closed': SYNCHRONIZER });
    expect(say(same, swap, { atomic: true })).toEqual(['done', 'done']);
  });

  it('by a restore: to another folder, and home to one that is made again without the grant it had', () => {
    const bin = { ...TWO, 'root/closed/!g.txt': {}, 'root/closed/!d': {}, 'root/closed/!d/!deep.txt': {} };
    const there = scene(bin);
    expect(say(there, [restore('!g.txt', 'open'), restore('!d', 'open'), restore('!g.txt', 'sub')])).toEqual([
      ...['FORBIDDEN !g.txt', 'FORBIDDEN !d', 'done'],
    ]);
    expect(say(there, [restore('!g.txt'), restore('!deep.txt')])).toEqual(['done', 'done']);
    const lost = { root: SYNCHRONIZER, 'root/!closed': BACKER, 'root/!closed/!f.txt': {}, 'root/!closed/!d': {} };
    expect(say(scene(lost), [restore('!f.txt')])).toEqual(['FORBIDDEN !f.txt']);
    expect(say(scene(lost), [restore('!closed'), restore('!f.txt')])).toEqual(['done', 'done']);
  });

  it('[PE-5] by a restore around something hidden: that there is something is said, what it is is not', () => {
    const tree = {
      root: {},
      'root/a': EDITOR,
      'root/a/!outer': {},
      'root/a/!outer/hidden': { atoms: [] },
      'root/b': { atoms: WRITER, ...SYNCHRONIZER },
    };
    expect(say(scene(tree), [restore('!outer', 'b')])).toEqual(['SUBTREE_FORBIDDEN -']);
  });
});

const SYNC_PART: Tree = {
  'root/a': { ...SYNCHRONIZER, atoms: WRITER },
  'root/a/outer/part': BACKER,
  'root/b': { ...EDITOR, ...SYNCHRONIZER },
};
