import type { ShownAs } from '../drive/content-response.ts';

/**
 * Kinds of files that a browser shows without running anything of theirs. Told by the ending of the name and never sniffed: a file that is
 * something else shows as broken. What can carry scripts (HTML, SVG, XML, PDF) is not here and comes as an attachment.
 */
const PICTURE = "img-src 'self'; style-src 'unsafe-inline'";
const MEDIA = "media-src 'self'; style-src 'unsafe-inline'";
const TEXT = "style-src 'unsafe-inline'";
const PLAIN = 'text/plain; charset=utf-8';

const KINDS: ReadonlyMap<string, ShownAs> = new Map([
  ...kinds(PICTURE, {
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    webp: 'image/webp',
    avif: 'image/avif',
    bmp: 'image/bmp',
    ico: 'image/x-icon',
  }),
  ...kinds(MEDIA, {
    mp4: 'video/mp4',
    m4v: 'video/mp4',
    webm: 'video/webm',
    mp3: 'audio/mpeg',
    m4a: 'audio/mp4',
    ogg: 'audio/ogg',
    wav: 'audio/wav',
    flac: 'audio/flac',
  }),
  ...kinds(TEXT, { txt: PLAIN, log: PLAIN, md: PLAIN, csv: PLAIN, json: PLAIN, yaml: PLAIN, yml: PLAIN, ini: PLAIN }),
]);

export function findShownAs(name: string): ShownAs | undefined {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? KINDS.get(name.slice(dot + 1).toLowerCase()) : undefined;
}

function kinds(sources: string, types: Readonly<Record<string, string>>): [string, ShownAs][] {
  return Object.entries(types).map(([ending, contentType]) => [ending, { contentType, sources }]);
}
