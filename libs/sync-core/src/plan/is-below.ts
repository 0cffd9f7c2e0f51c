import { ROOT_ID, type BaseId } from '../model/tree.ts';

/** Whether a node is `folder` or somewhere in it. Asked before a row is put there: base is a tree at every moment (SY-25). */
export function isBelow(id: BaseId, folder: BaseId, parentOf: (id: BaseId) => BaseId | undefined): boolean {
  for (let at: BaseId | undefined = id; at !== undefined; at = parentOf(at)) {
    if (at === folder) return true;
    if (at === ROOT_ID) return false;
  }
  return false;
}
