import { describe, expect, it } from 'vitest';
import type { DriveNode, SyncMode } from '@tideline/contracts';
import { PreviewCounter, toCloudFolders, type PreviewEntry } from './preview.ts';

type Row = [id: string, parentId: string | null, name: string, size: number | null];
const node = (...[id, parentId, name, size]: Row): DriveNode =>
  ({ id, parentId, name, kind: size === null ? 'folder' : 'file', size }) as unknown as DriveNode;

const CLOUD = [
  node('root', null, '', null),
  node('f1', 'root', 'Plans', null),
  node('a', 'root', 'same.txt', 10),
  node('b', 'root', 'grown.txt', 10),
  node('c', 'root', 'cloud-only.txt', 7),
  node('d', 'f1', 'deep.txt', 100),
  node('e', 'root', 'folder-here', 5),
  node('f2', 'root', 'file-here', null),
  node('g', 'f2', 'inside.txt', 3),
];
const file = (name: string, size: number): PreviewEntry => ({ name, kind: 'file', size });
const folder = (name: string): PreviewEntry => ({ name, kind: 'folder', size: 0 });
const nothing = { excluded: 0, skipped: 0, unreadable: false };

function preview(mode: SyncMode) {
  const counter = new PreviewCounter(mode, toCloudFolders(CLOUD, 'root'));
  const entries = [
    ...[file('same.txt', 10), file('grown.txt', 11), file('local-only.txt', 1), folder('Plans')],
    ...[folder('folder-here'), file('file-here', 2)],
  ];
  counter.addFolder({ path: '', entries, excluded: 2, skipped: 1, unreadable: false });
  counter.addFolder({ path: 'Plans', entries: [file('new.txt', 4)], ...nothing });
  counter.addFolder({ path: 'folder-here', entries: [], ...nothing, unreadable: true });
  return counter.finish();
}

describe('preview', () => {
  it('[TA-5] [FI-1] [FI-2] says what a bidirectional first sync will do', () => {
    expect(preview('bidirectional')).toEqual({
      upload: { files: 3, bytes: 1 + 4 + 2 },
      download: { files: 4, bytes: 7 + 100 + 5 + 3 },
      compare: { files: 1, bytes: 10 },
      newVersions: { files: 1, bytes: 11 },
      clashes: { count: 2, sample: ['folder-here', 'file-here'] },
      ...{ excluded: 2, skipped: 1, unreadable: 1 },
    });
  });

  it('[SA-3] brings nothing down in upload mode', () => {
    expect(preview('upload')).toMatchObject({ upload: { files: 3 }, download: { files: 0, bytes: 0 } });
  });

  it('finds a decomposed local name under its composed cloud name', () => {
    const counter = new PreviewCounter(
      'upload',
      toCloudFolders([node('root', null, '', null), node('a', 'root', 'é', 1)], 'root'),
    );
    counter.addFolder({ path: '', entries: [file('e\u0301', 1)], ...nothing });
    expect(counter.finish().compare.files).toBe(1);
  });
});
