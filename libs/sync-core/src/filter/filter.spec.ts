import { describe, expect, it } from 'vitest';
import { MemoryBase } from '../testing/memory-base.ts';
import { ROOT_ID, type BaseNode, type CloudNode, type LocalNode, type ThreeTrees } from '../model/tree.ts';
import { applyFilter } from './apply-filter.ts';
import { compileFilter, compileRules } from './compile-filter.ts';

describe('compileFilter', () => {
  it.each(['.tideline~sync', 'a/.DS_Store', 'Thumbs.db', 'x/desktop.ini', '~$report.docx', 'd/.~lock.a.odt#'])(
    '[TA-9] always leaves out %s, also when a pattern asks for it back',
    (path) => {
      expect(compileFilter([])(path, false)).toBe(true);
      expect(compileFilter([`!${path.slice(path.lastIndexOf('/') + 1)}`, '!**'])(path, false)).toBe(true);
    },
  );

  it.each([
    { patterns: ['*.tmp'], path: 'deep/down/a.tmp', isFolder: false, excluded: true },
    { patterns: ['*.tmp'], path: 'deep/down/a.txt', isFolder: false, excluded: false },
    { patterns: ['node_modules/'], path: 'app/node_modules', isFolder: true, excluded: true },
    { patterns: ['node_modules/'], path: 'app/node_modules', isFolder: false, excluded: false },
    { patterns: ['/build'], path: 'build', isFolder: true, excluded: true },
    { patterns: ['/build'], path: 'src/build', isFolder: true, excluded: false },
    { patterns: ['*.log', '!keep.log'], path: 'keep.log', isFolder: false, excluded: false },
    { patterns: ['A.TXT'], path: 'a.txt', isFolder: false, excluded: false },
    { patterns: ['docs/**/*.pdf'], path: 'docs/a/b/c.pdf', isFolder: false, excluded: true },
    { patterns: ['docs/**/*.pdf'], path: 'other/docs/c.pdf', isFolder: false, excluded: false },
    { patterns: ['**/cache'], path: 'a/b/cache', isFolder: true, excluded: true },
    { patterns: ['a/**'], path: 'a', isFolder: true, excluded: false },
    { patterns: ['a/**'], path: 'a/b/c', isFolder: false, excluded: true },
    { patterns: ['src/tmp'], path: 'lib/src/tmp', isFolder: false, excluded: false },
    { patterns: ['\\#notes'], path: '#notes', isFolder: false, excluded: true },
    { patterns: ['#notes'], path: '#notes', isFolder: false, excluded: false },
    { patterns: ['\\!loud'], path: '!loud', isFolder: false, excluded: true },
    { patterns: ['a\\*b'], path: 'axb', isFolder: false, excluded: false },
    { patterns: ['a\\*b'], path: 'a*b', isFolder: false, excluded: true },
    { patterns: ['file?.[ch]'], path: 'file1.c', isFolder: false, excluded: true },
    { patterns: ['file?.[ch]'], path: 'file12.c', isFolder: false, excluded: false },
    { patterns: ['*', '!*.txt'], path: 'a.txt', isFolder: false, excluded: false },
    { patterns: ['*', '!*.txt'], path: 'a.doc', isFolder: false, excluded: true },
    { patterns: ['build/', '!build/keep'], path: 'build/keep', isFolder: false, excluded: true },
    { patterns: ['space\\ '], path: 'space ', isFolder: false, excluded: true },
    { patterns: ['', '   ', '# a remark'], path: 'a', isFolder: false, excluded: false },
  ])('[TA-1] reads $patterns for $path as gitignore does: $excluded', ({ patterns, path, isFolder, excluded }) => {
    expect(compileFilter(patterns)(path, isFolder)).toBe(excluded);
  });
});

describe('compileRules', () => {
  const { isExcluded, isTooLarge } = compileRules([
    { exclude: ['*.tmp', '!keep.tmp', '!secret.key'], excludeTypes: ['video'], maxFileBytes: 2000 },
    { exclude: ['*.key'], excludeTypes: ['archive'], maxFileBytes: 1000 },
  ]);

  it.each([
    ['a/film.MP4', true],
    ['backup.tar.gz', true],
    ['notes.mp4.txt', false],
    ['.mp4', false],
    ['film', false],
    ['x.tmp', true],
    ['keep.tmp', false],
    ['secret.key', true],
  ])(
    '[TA-1] [TA-9] leaves out what the task or the policy leaves out, a type by the ending of the name: %s',
    (path, out) => {
      expect(isExcluded(path, false)).toBe(out);
    },
  );

  it('[TA-1] takes a folder for no type, and of two sizes the smaller one', () => {
    expect(isExcluded('a/film.mp4', true)).toBe(false);
    expect([1000, 1001].map(isTooLarge)).toEqual([false, true]);
    expect(compileRules([{ exclude: [] }]).isTooLarge(Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

const meta = { mtimeMs: 1, exec: false };
const row = (id: number, [parent, name]: readonly [number, string], kind: 'file' | 'folder' = 'file'): BaseNode => ({
  ...{ id, parent, localName: name, cloudName: name, kind, cloudId: `c${id}`, rev: 1, meta, sig: null, size: null },
  ...{ contentId: kind === 'file' ? 't' : null, state: 'managed' },
});
const cloudNode = (id: string, parentId: string, name: string): CloudNode => ({
  ...{ id, parentId, name, kind: 'file', rev: 2, seq: 2, contentId: 't', size: 1, meta },
});
const sig = { volume: 'v', fileId: 1n, birthNs: 1n, size: 1, mtimeNs: 1n, ctimeNs: 1n, links: 1 };
const localNode = (parent: number, name: string): LocalNode => ({
  ...{ parent, name, kind: 'file', sig, content: { contentId: 't', size: 1 }, meta },
});
const present = <T>(node: T) => ({ t: 'present', node, sinceMs: 0 }) as const;

function treesWith(local: ThreeTrees['local'], cloud: ThreeTrees['cloud']): ThreeTrees {
  const base = new MemoryBase();
  const root = { ...row(ROOT_ID, [ROOT_ID, ''], 'folder'), cloudId: 'root' };
  base.write({ rows: [root, row(2, [1, 'build'], 'folder'), row(3, [2, 'out.o']), row(4, [1, 'a.txt'])], forget: [] });
  return { base, local, cloud };
}

describe('applyFilter', () => {
  const isExcluded = compileRules([{ exclude: ['build/', '*.tmp'] }]);

  it('[SY-26] [G07] freezes what base has and a new filter leaves out, instead of taking it for deleted', () => {
    const absent = { t: 'absent', sinceMs: 0 } as const;
    const { local } = applyFilter(treesWith(new Map([[3, absent]]), new Map()), isExcluded, 'bidirectional');
    expect(local.get(3)?.t).toBe('unknown');
    const { cloud } = applyFilter(treesWith(new Map(), new Map([['c3', absent]])), isExcluded, 'bidirectional');
    expect(cloud.get('c3')?.t).toBe('unknown');
  });

  it('[SY-26] does not freeze what is gone on both sides', () => {
    const absent = { t: 'absent', sinceMs: 0 } as const;
    const trees = treesWith(new Map([[3, absent]]), new Map([['c2', absent]]));
    const { local, cloud, leftOut } = applyFilter(trees, isExcluded, 'bidirectional');
    expect([local.get(3)?.t, leftOut?.cloud, [...(leftOut?.nameless.local ?? [])]]).toEqual(['absent', [], [2]]);
    expect(cloud.get('c2')?.t).toBe('unknown');
  });

  it('[SY-26] tells what is gone here where the cloud is said to have it elsewhere, which is frozen', () => {
    const absent = { t: 'absent', sinceMs: 0 } as const;
    const moved = present(cloudNode('c3', 'root', 'y.tmp'));
    const trees = treesWith(new Map([[3, absent]]), new Map([['c3', moved]]));
    const { local, cloud } = applyFilter(trees, isExcluded, 'bidirectional');
    expect([local.get(3)?.t, cloud.get('c3')?.t]).toEqual(['absent', 'unknown']);
  });

  it('[SY-26] does not see new nodes that are left out', () => {
    const local = new Map([
      [-1, present(localNode(1, 'x.tmp'))],
      [-2, present(localNode(1, 'x.txt'))],
    ]);
    const cloud = new Map([
      ['n1', present(cloudNode('n1', 'root', 'y.tmp'))],
      ['n2', present(cloudNode('n2', 'c2', 'z'))],
    ]);
    const filtered = applyFilter(treesWith(local, cloud), isExcluded, 'bidirectional');
    expect([...filtered.local.keys()]).toEqual([-2]);
    expect([...filtered.cloud.keys()]).toEqual([]);
  });

  it('[SY-26] [M33] takes a move in the cloud to a place that is left out for leaving the task', () => {
    const cloud = new Map([['c4', present(cloudNode('c4', 'c2', 'a.txt'))]]);
    expect(applyFilter(treesWith(new Map(), cloud), isExcluded, 'bidirectional').cloud.get('c4')?.t).toBe('absent');
    expect(applyFilter(treesWith(new Map(), cloud), isExcluded, 'upload').cloud.get('c4')?.t).toBe('present');
  });

  it('[SY-26] [M33] takes a folder that was moved here to a place left out for gone, with all that base has in it', () => {
    const moved = { ...localNode(-1, 'docs'), kind: 'folder', content: null } as const;
    const trees = treesWith(
      new Map([
        [-1, present({ ...localNode(1, 'x.tmp'), kind: 'folder', content: null } as const)],
        [5, present(moved)],
        [7, present(localNode(1, 'out again'))],
      ]),
      new Map(),
    );
    const base = new MemoryBase();
    const root = { ...row(ROOT_ID, [ROOT_ID, ''], 'folder'), cloudId: 'root' };
    base.write({
      rows: [root, row(5, [1, 'docs'], 'folder'), row(6, [5, 'f']), row(7, [5, 'g'])],
      forget: [],
    });
    const { local } = applyFilter({ ...trees, base }, isExcluded, 'bidirectional');
    expect([...local].map(([key, seen]) => [key, seen.t]).sort()).toEqual([
      [5, 'absent'],
      [6, 'absent'],
      [7, 'present'],
    ]);
  });

  // Whole fleet seed 91: `B` beside `b` is `B (2)` on a disk that does not tell cases apart, where the filter `b` then named it in the cloud.
  it('[SY-26] [BI-8] goes by the name a node has here: one that is called otherwise in the cloud has not left by being edited', () => {
    const cloud = new Map([
      ['c4', present({ ...cloudNode('c4', 'root', 'x.tmp'), contentId: 'edited' })],
      ['n1', present(cloudNode('n1', 'c5', 'new'))],
    ]);
    const { base, local } = treesWith(new Map(), cloud);
    const file = { ...row(4, [1, 'x (2).tmp2']), cloudName: 'x.tmp' };
    const folder = { ...row(5, [1, 'y'], 'folder'), cloudName: 'y.tmp' };
    (base as MemoryBase).write({ rows: [file, folder], forget: [] });
    const filtered = applyFilter({ base, local, cloud }, isExcluded, 'bidirectional').cloud;
    expect([filtered.get('c4')?.t, filtered.get('n1')?.t]).toEqual(['present', 'present']);
  });

  it('[SY-26] lets a node in that is moved on the disk out of a place that is left out, and freezes it as long as it is there', () => {
    const moved = new Map([[3, present(localNode(1, 'kept.o'))]]);
    const edited = new Map([['c3', present({ ...cloudNode('c3', 'c2', 'out.o'), contentId: 'other' })]]);
    const back = applyFilter(treesWith(moved, edited), isExcluded, 'bidirectional');
    expect([back.local.get(3)?.t, back.cloud.get('c3')?.t]).toEqual(['present', 'present']);
    const within = applyFilter(
      treesWith(new Map([[3, present(localNode(2, 'kept.o'))]]), edited),
      isExcluded,
      'upload',
    );
    expect([within.local.get(3)?.t, within.cloud.get('c3')?.t]).toEqual(['unknown', 'unknown']);
  });
});
