import { MAX_NAME_BYTES } from '@tideline/contracts';

/** `report (2).txt` of `report.txt`; the stem gives way when the whole would be too long for a name. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const suffix = ` (${number})${extension}`;
  return truncateBytes(stem, MAX_NAME_BYTES - Buffer.byteLength(suffix)) + suffix;
}

/** A person's name as the name of a folder. */
export function toFolderName(text: string): string {
  const name = truncateBytes(text.replace(/[/\0]/g, '_').trim(), MAX_NAME_BYTES);
  return name === '' || name === '.' || name === '..' ? '_' : name;
}

/** Never cuts a character in two. */
function truncateBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
