const encoder = new TextEncoder();

/** Most names are plain ASCII, and a plan asks for the length of many. */
export function byteLength(text: string): number {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return encoder.encode(text).length;
  return text.length;
}

/** `.profile` has no extension, `a.tar.gz` has `.gz`; an extension never holds a space, so that sentences keep their dots. */
export function splitName(name: string): { readonly stem: string; readonly ext: string } {
  const dot = name.lastIndexOf('.');
  const ext = name.slice(dot);
  const isExtension = dot > 0 && ext.length > 1 && ext.length <= 17 && !/\s/.test(ext);
  return isExtension ? { stem: name.slice(0, dot), ext } : { stem: name, ext: '' };
}

/** `<stem><suffix><ext>` in at most `maxBytes`: the stem is cut between code points; suffix and extension stay whole (C17). */
export function joinName(parts: { stem: string; suffix: string; ext: string }, maxBytes: number): string {
  const room = maxBytes - byteLength(parts.suffix) - byteLength(parts.ext);
  if (room < 1) return cutToBytes(parts.stem + parts.suffix, maxBytes);
  return cutToBytes(parts.stem, room) + parts.suffix + parts.ext;
}

export function cutToBytes(text: string, maxBytes: number): string {
  if (byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let cut = '';
  for (const point of text) {
    bytes += byteLength(point);
    if (bytes > maxBytes) break;
    cut += point;
  }
  return cut;
}
