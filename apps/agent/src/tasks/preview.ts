import type { DriveNode, SyncMode } from '@tideline/contracts';
import type { Preview } from '../local-api/messages.ts';

/** One entry of a local folder, by name and size alone. */
export type PreviewEntry = { readonly name: string; readonly kind: 'file' | 'folder'; readonly size: number };
export type PreviewFolder = {
  readonly path: string;
  readonly entries: readonly PreviewEntry[];
  readonly excluded: number;
  readonly skipped: number;
  readonly unreadable: boolean;
};

export type PreviewCounts = Pick<
  Preview,
  'upload' | 'download' | 'compare' | 'newVersions' | 'clashes' | 'excluded' | 'skipped' | 'unreadable'
>;

const MAX_SAMPLE = 20;

/** The cloud side by folder path, so that each local folder is compared with one look-up. */
export type CloudFolders = Map<string, Map<string, DriveNode>>;

/** Whether a path below the task's folder is left out. */
export type IsOut = (path: string, kind: 'file' | 'folder', sizeBytes: number) => boolean;

export function toCloudFolders(
  nodes: Iterable<DriveNode>,
  rootId: string,
  isExcluded: IsOut = () => false,
): CloudFolders {
  const isOut = (path: string, { kind, size }: DriveNode) => isExcluded(path, kind, size ?? 0);
  const paths = new Map<string, string>([[rootId, '']]);
  const folders: CloudFolders = new Map([['', new Map<string, DriveNode>()]]);
  // Parents come before their children.
  for (const node of nodes) {
    const parent = node.id === rootId || node.parentId === null ? undefined : paths.get(node.parentId);
    if (parent === undefined) continue;
    const path = parent === '' ? node.name : `${parent}/${node.name}`;
    if (isOut(path, node)) continue;
    folders.get(parent)?.set(node.name, node);
    if (node.kind === 'file') continue;
    paths.set(node.id, path);
    folders.set(path, new Map());
  }
  return folders;
}

/**
 * TA-5: what a first sync will do, from names and sizes alone. Nothing is deleted by it (FI): local and cloud are united, a
 * file of the same name and another size becomes a new version (FI-1), a file against a folder is renamed (FI-2).
 */
export class PreviewCounter {
  private readonly mode: SyncMode;
  private readonly cloud: CloudFolders;
  private readonly counts = {
    upload: { files: 0, bytes: 0 },
    download: { files: 0, bytes: 0 },
    compare: { files: 0, bytes: 0 },
    newVersions: { files: 0, bytes: 0 },
    clashes: { count: 0, sample: [] as string[] },
    excluded: 0,
    skipped: 0,
    unreadable: 0,
  };

  /** Takes the cloud's folders over: what a local folder was compared with is taken out. */
  constructor(mode: SyncMode, cloud: CloudFolders) {
    this.mode = mode;
    this.cloud = cloud;
  }

  addFolder(folder: PreviewFolder): void {
    const { counts } = this;
    counts.excluded += folder.excluded;
    counts.skipped += folder.skipped;
    if (folder.unreadable) counts.unreadable += 1;
    const there = this.cloud.get(folder.path) ?? new Map<string, DriveNode>();
    for (const entry of folder.entries) {
      const name = entry.name.normalize('NFC');
      this.compare(entry, there.get(name), folder.path === '' ? name : `${folder.path}/${name}`);
      there.delete(name);
    }
  }

  /** Call once every local folder was added: what is left is in the cloud only. */
  finish(): PreviewCounts {
    if (this.mode === 'upload') return this.counts;
    const left = [...this.cloud.values()].flatMap((folder) => [...folder.values()]);
    for (const node of left) if (node.kind === 'file') add(this.counts.download, node.size ?? 0);
    return this.counts;
  }

  private compare(entry: PreviewEntry, node: DriveNode | undefined, path: string): void {
    const { counts } = this;
    if (node && node.kind !== entry.kind) this.clash(node, path);
    if (entry.kind === 'folder') return;
    if (!node || node.kind === 'folder') return add(counts.upload, entry.size);
    add(node.size === entry.size ? counts.compare : counts.newVersions, entry.size);
  }

  private clash(node: DriveNode, path: string): void {
    const { clashes, download } = this.counts;
    clashes.count += 1;
    if (clashes.sample.length < MAX_SAMPLE) clashes.sample.push(path);
    if (node.kind === 'file' && this.mode === 'bidirectional') add(download, node.size ?? 0);
  }
}

function add(amount: { files: number; bytes: number }, bytes: number): void {
  amount.files += 1;
  amount.bytes += bytes;
}
