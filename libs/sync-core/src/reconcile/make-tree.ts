import type { SyncPolicy } from '../model/policy.ts';
import { breakLoop } from './break-loop.ts';
import { keepFolders } from './keep-folders.ts';
import type { TargetTree } from './target.ts';

/** The merged places are made one tree: undoing a move may bring a node into a folder that has to be kept for it. */
export function makeTree(tree: TargetTree, policy: SyncPolicy): void {
  do keepFolders(tree, policy);
  while (breakLoop(tree, policy));
}
