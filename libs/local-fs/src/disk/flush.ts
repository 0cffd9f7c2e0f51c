import { codeOf } from '../scan/system-error.ts';
import type { DiskContext } from './disk-context.ts';
import { splitPath, withFolders } from './folder-handle.ts';
import type { MakeDurable } from './make-durable.ts';

/** Paths below the root: files whose bytes, folders whose names are to be durable. */
export type Flush = { readonly files: readonly string[]; readonly folders: readonly string[] };

/**
 * Makes files and folders durable. Answers the folders that are not where they were: somebody moved them in the meantime, and
 * nothing is known about the names in them.
 */
export function makeFlushed(
  context: DiskContext,
  { files, folders: names }: Flush,
  makeDurable: MakeDurable,
): string[] {
  return withFolders(context.root, (folders) => {
    const lost: string[] = [];
    const found = names.flatMap((path) => {
      try {
        return [folders.get(path).at('.')];
      } catch (error) {
        if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) throw error;
        lost.push(path);
        return [];
      }
    });
    const staged = files.map((path) => {
      const { folder, name } = splitPath(path);
      return folders.get(folder).at(name);
    });
    makeDurable([...staged, ...found], context.root);
    return lost;
  });
}

/** Flushes asked for while one is on its way are one flush: each costs a commit of the file system's journal. */
export function createGroupFlush(flush: (what: Flush) => Promise<readonly string[]>): typeof flush {
  let waiting:
    { readonly files: string[]; readonly folders: Set<string>; readonly done: Promise<readonly string[]> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return ({ files, folders }) => {
    if (!waiting) {
      const group = { files: [] as string[], folders: new Set<string>() };
      const done = last.then(() => {
        waiting = undefined;
        return flush({ files: group.files, folders: [...group.folders] });
      });
      last = done.catch(() => undefined);
      waiting = { ...group, done };
    }
    waiting.files.push(...files);
    for (const folder of folders) waiting.folders.add(folder);
    return waiting.done;
  };
}
