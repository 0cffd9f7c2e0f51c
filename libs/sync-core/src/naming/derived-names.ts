import type { BaseNode, BaseView } from '../model/tree.ts';
import { joinName, splitName } from './split-name.ts';

/** Tells whether a name may be taken in the folder at hand. */
export type IsFree = (name: string) => boolean;

const CONFLICT = / \(conflict [^()]* \d{4}-\d{2}-\d{2} \d{4}\)(?:-\d+)?$/u;
const NUMBER = / \((\d+)\)$/u;

/** C16: the copy of a conflict copy gets a new suffix in place of the old one. */
export function conflictName(
  name: string,
  label: { readonly deviceName: string; readonly nowLabel: string },
  { isFree, maxBytes }: { isFree: IsFree; maxBytes: number },
): string {
  const { stem, ext } = splitName(name);
  const plain = stem.replace(CONFLICT, '');
  const suffix = ` (conflict ${label.deviceName} ${label.nowLabel})`;
  return firstFree(
    (n) => joinName({ stem: plain, suffix: n === 1 ? suffix : `${suffix}-${n}`, ext }, maxBytes),
    isFree,
  );
}

/**
 * Of a conflict copy: the name of what it is a copy of; null for every other name. The name is the record of a conflict: it is there on
 * all devices, survives lost state, and is gone with the copy (C19).
 */
export function originalOf(name: string): string | null {
  const { stem, ext } = splitName(name);
  const plain = stem.replace(CONFLICT, '');
  return plain === stem || plain === '' ? null : plain + ext;
}

/** The conflict copies of a file in its folder, and for a copy the file it is a copy of. Both ways empty when either is gone. */
export function conflictsOf(row: BaseNode, base: BaseView): { original: BaseNode | null; copies: readonly BaseNode[] } {
  const name = originalOf(row.cloudName);
  const original = name === null ? null : (managed(base.childByCloudName(row.parent, name)) ?? null);
  if (row.kind === 'folder') return { original: null, copies: [] };
  const copies = base
    .children(row.parent)
    .filter((each) => originalOf(each.cloudName) === row.cloudName && managed(each));
  return { original, copies };
}

function managed(row: BaseNode | undefined): BaseNode | undefined {
  return row?.state === 'managed' && row.kind === 'file' ? row : undefined;
}

/** BI-9: the name under which a file yields to a folder. */
export function yieldedName(name: string, { isFree, maxBytes }: { isFree: IsFree; maxBytes: number }): string {
  const { stem, ext } = splitName(name);
  return firstFree((n) => joinName({ stem, suffix: n === 1 ? ' (file)' : ` (file) (${n})`, ext }, maxBytes), isFree);
}

/** The name for the second of two nodes that want the same one. */
export function numberedName(name: string, { isFree, maxBytes }: { isFree: IsFree; maxBytes: number }): string {
  const { stem, ext } = splitName(name);
  const plain = stem.replace(NUMBER, '');
  return firstFree((n) => joinName({ stem: plain, suffix: ` (${n + 1})`, ext }, maxBytes), isFree);
}

function firstFree(nth: (n: number) => string, isFree: IsFree): string {
  for (let n = 1; ; n++) {
    const name = nth(n);
    if (isFree(name)) return name;
  }
}
