import { sep } from 'node:path';

/** LI-6: the folder of another task that `path` is, lies in, or holds. Both are real paths, links resolved. */
export function findOverlap<T extends { readonly localPath: string }>(
  path: string,
  others: readonly T[],
): T | undefined {
  return others.find((other) => isSameOrInside(path, other.localPath) || isSameOrInside(other.localPath, path));
}

export function isSameOrInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
