import type { CloudId, FileMeta } from '../model/tree.ts';
import type { SimCloud } from './sim-cloud.ts';
import { DISK_ROOT, type SimDisk } from './sim-disk.ts';

export type Item<R> = { readonly ref: R; readonly parent: R; readonly name: string; readonly kind: 'file' | 'folder' };

/** What a person can do in a folder, on a disk or in the drive. What is refused throws and changes nothing. */
export type Hands<R> = {
  readonly root: R;
  items(): Item<R>[];
  create(parent: R, name: string, token: string | null): R;
  write(ref: R, token: string): void;
  touch(ref: R, meta: FileMeta): void;
  move(ref: R, parent: R, name: string): void;
  remove(ref: R): void;
};

/** `onLoss` hears of bytes that are overwritten or removed. */
export function handsOnDisk(disk: SimDisk, onLoss: (token: string) => void): Hands<number> {
  const lose = (token: string | null) => {
    if (token !== null) onLoss(token);
  };
  const remove = (ino: number): void => {
    for (const child of disk.children(ino)) remove(child.ino);
    const { token } = disk.get(ino);
    disk.remove(ino);
    lose(token);
  };
  return {
    root: DISK_ROOT,
    items: () => [...disk.files.values()].map(({ ino, parent, name, kind }) => ({ ref: ino, parent, name, kind })),
    create: (parent, name, token) => disk.create({ parent, name }, token).ino,
    write: (ino, token) => {
      const before = disk.get(ino).token;
      disk.write(ino, token);
      lose(before);
    },
    touch: (ino, meta) => disk.setMeta(ino, meta),
    move: (ino, parent, name) => disk.move(ino, { parent, name }),
    remove,
  };
}

/** The drive keeps versions and a bin: nothing is lost there. */
export function handsInCloud(cloud: SimCloud): Hands<CloudId> {
  return {
    root: cloud.rootId,
    items: () =>
      cloud.liveIds().map((id) => {
        const { parentId, name, kind } = cloud.live(id).node;
        return { ref: id, parent: parentId, name, kind };
      }),
    create: (parentId, name, token) => cloud.create({ parentId, name }, token),
    write: (id, contentId) => cloud.change(id, { contentId }),
    touch: (id, meta) => cloud.change(id, { meta }),
    move: (id, parentId, name) => cloud.change(id, { parentId, name }),
    remove: (id) => cloud.trash(id),
  };
}
