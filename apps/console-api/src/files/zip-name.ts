/** Devices of Windows: a file of that name, whatever its ending, cannot be made there. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** What parts paths or means something to some system that unpacks: `\` parts paths on Windows, `:` names drives and streams. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\\/:*?"<>|\u0000-\u001f\u007f]/g;

/**
 * A name of the cloud as one segment of a path in an archive, wherever it is unpacked: it never leaves its folder. A name that had to
 * be changed carries a part of its id, so that two of them stay two.
 */
export function toZipName(name: string, nodeId: string): string {
  const safe = name.replace(UNSAFE, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  const isUnsafe = safe !== name || RESERVED.test(safe);
  return isUnsafe ? tagged(safe, nodeId) : safe;
}

/** Top entries of one archive may come from different folders: of equal names the later ones are tagged. */
export function distinctNames<T extends { readonly name: string; readonly id: string }>(
  entries: readonly T[],
): Map<T, string> {
  const seen = new Set<string>();
  return new Map(
    entries.map((entry) => {
      const name = toZipName(entry.name, entry.id);
      const key = name.toLowerCase();
      const distinct = seen.has(key) ? tagged(name, entry.id) : name;
      seen.add(key);
      return [entry, distinct];
    }),
  );
}

function tagged(name: string, nodeId: string): string {
  const dot = name.lastIndexOf('.');
  const tag = `~${nodeId.replaceAll('-', '').slice(-12)}`;
  return dot > 0 ? `${name.slice(0, dot)}${tag}${name.slice(dot)}` : `${name}${tag}`.replace(/^(\w+)(~)/, '_$1$2');
}
