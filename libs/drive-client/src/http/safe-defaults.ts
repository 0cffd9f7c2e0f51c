/**
 * What an unknown word means to this version, by its place in an answer (`*` = any position of a list). A safe default never
 * deletes, never allows and never claims that something worked. `drop`: the list goes without the element.
 */
const SAFE_DEFAULTS: Readonly<Record<string, string>> = {
  // a right that cannot be understood is not there
  'boundaries.*.atoms.*': 'drop',
  'boundaries.*.syncRight': 'none',
  'atoms.*': 'drop',
  syncRight: 'none',
  // an unknown reason to be gone: lost from view, never deleted
  'items.*.gone': 'revoked',
  'items.*.code': 'INTERNAL',
  'outcomes.*.code': 'INTERNAL',
  refusal: 'SYNC_DISABLED',
  // kinds of spaces and tasks this version cannot work with
  'spaces.*.kind': 'drop',
  'tasks.*.mode': 'drop',
  'tasks.*.spaceKind': 'drop',
};

export type SafeDefault =
  | { readonly t: 'value'; readonly value: string }
  /** Leave out the list element that the first `depth` names of the path lead to. */
  | { readonly t: 'drop'; readonly depth: number };

export function findSafeDefault(path: readonly PropertyKey[]): SafeDefault | undefined {
  const found = SAFE_DEFAULTS[path.map((name) => (typeof name === 'number' ? '*' : String(name))).join('.')];
  if (found === undefined) return undefined;
  if (found !== 'drop') return { t: 'value', value: found };
  return { t: 'drop', depth: path.findLastIndex((name) => typeof name === 'number') + 1 };
}
