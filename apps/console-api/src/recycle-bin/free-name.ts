import { MAX_NAME_BYTES } from '@tideline/contracts';

/** `stem (2).ext`: what a node is called where its own name is taken. */
export type NameParts = { readonly stem: string; readonly ext: string };

export function splitName(name: string, kind: 'file' | 'folder'): NameParts {
  const dot = kind === 'file' ? name.lastIndexOf('.') : -1;
  return dot > 0 ? { stem: name.slice(0, dot), ext: name.slice(dot) } : { stem: name, ext: '' };
}

/** The name with a number, its stem cut so that the whole stays within the limit of names (BI-8). */
export function numberedName(parts: NameParts, number: number): string {
  const suffix = ` (${number})`;
  const room = MAX_NAME_BYTES - byteLength(suffix) - byteLength(parts.ext);
  if (room > 0) return `${cutBytes(parts.stem, room)}${suffix}${parts.ext}`;
  // An extension that fills the name is none.
  return `${cutBytes(parts.stem + parts.ext, MAX_NAME_BYTES - byteLength(suffix))}${suffix}`;
}

/** What every numbered name of these parts begins with. */
export function numberedPrefix(parts: NameParts): string {
  const room = MAX_NAME_BYTES - byteLength(parts.ext) - byteLength(' (99999)');
  if (byteLength(parts.stem) <= room) return `${parts.stem} (`;
  return room > 0 ? cutBytes(parts.stem, room) : cutBytes(parts.stem + parts.ext, MAX_NAME_BYTES - 16);
}

/** The first numbered name that is free. */
export function findFreeName(parts: NameParts, isTaken: (name: string) => boolean): string {
  for (let number = 2; ; number++) {
    const name = numberedName(parts, number);
    if (!isTaken(name)) return name;
  }
}

function cutBytes(text: string, limit: number): string {
  if (byteLength(text) <= limit) return text;
  let kept = '';
  let size = 0;
  for (const char of text) {
    size += byteLength(char);
    if (size > limit) break;
    kept += char;
  }
  return kept.normalize('NFC');
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
