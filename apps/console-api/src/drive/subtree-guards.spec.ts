import type { Atom, DriveNode, NodeId } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { ops } from './testing/drive-world.ts';
import { latestBelow, listGuards } from './subtree-guards.ts';

describe('guards of folders', () => {
  const folder = 'folder' as NodeId;
  const nodes = [
    { id: folder, kind: 'folder' },
    { id: 'file' as NodeId, kind: 'file' },
  ] as DriveNode[];
  const may = (...atoms: Atom[]) => new Map([[folder, { atoms: new Set(atoms) }]]);
  const trash = (nodeId: NodeId) => ops.trash(nodeId, { ifSubtreeSeq: 4 });

  it('are looked at where the folder is there and may be taken away', () => {
    const batch = { ops: [trash(folder), trash('file' as NodeId), trash('unknown' as NodeId)], rights: may('delete') };
    const asked = [{ opId: batch.ops[0]!.opId, folderId: folder, seq: 4 }];
    expect(listGuards([batch], nodes)).toEqual({ asked, unasked: [] });
  });

  it('[BI-5] count as broken, not as kept, where nobody looks', () => {
    const batch = { ops: [trash(folder)], rights: may('move') };
    expect(listGuards([batch], nodes)).toEqual({ asked: [], unasked: [batch.ops[0]!.opId] });
  });
});

describe('the last change below a folder', () => {
  it('is the newest of all that lies in it, at any depth', () => {
    const latest = latestBelow([
      { id: 'old', parentId: 'a', seq: 5 },
      { id: 'new', parentId: 'b', seq: 9 },
      { id: 'b', parentId: 'a', seq: 7 },
      { id: 'a', parentId: 'root', seq: null },
      { id: 'b', parentId: 'a', seq: null },
      { id: 'c', parentId: 'root', seq: 6 },
      { id: 'root', parentId: null, seq: null },
    ]);
    expect(Object.fromEntries(latest)).toEqual({ b: 9, a: 9, root: 9 });
  });
});
