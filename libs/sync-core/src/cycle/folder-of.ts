import type { RelativePath } from '../ports/disk.ts';

export function folderOf(path: RelativePath): RelativePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
