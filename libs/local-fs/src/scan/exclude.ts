import { isAlwaysLeftOut } from './left-out.ts';

/** Whether a path below the root is left out of the task; called for a folder before anything below it. */
export function compileExclude(_patterns: readonly string[]): (path: string, isFolder: boolean) => boolean {
  return (path) => isAlwaysLeftOut(path.slice(path.lastIndexOf('/') + 1));
}
