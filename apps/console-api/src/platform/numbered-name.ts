import { MAX_NAME_BYTES } from '@tideline/contracts';

/** `report (2).txt` of `report.txt`; the stem gives way when the whole would be too long for a name. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const suffix = ` (${number})${extension}`;
  const room = MAX_NAME_BYTES - Buffer.byteLength(suffix);
  // An extension that fills the name is none.
  return room > 0 ? truncateBytes(stem, room) + suffix : `${truncateBytes(name, MAX_NAME_BYTES - 16)} (${number})`;
}

/** Never cuts a character in two. */
export function truncateBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
