/** `end` is exclusive. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * A Range header against a content of `sizeBytes`. `undefined`: answer the whole (no range, another unit, several ranges);
 * `invalid`: nothing of the range lies inside.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | undefined | 'invalid' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  return first === '' ? suffix(Number(last), sizeBytes) : between(first, last, sizeBytes);
}

function between(first: string, last: string, sizeBytes: number): ByteRange | undefined | 'invalid' {
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return undefined;
  return start < sizeBytes ? { start, end } : 'invalid';
}

function suffix(lengthBytes: number, sizeBytes: number): ByteRange | 'invalid' {
  if (lengthBytes === 0 || sizeBytes === 0) return 'invalid';
  return { start: Math.max(0, sizeBytes - lengthBytes), end: sizeBytes };
}
