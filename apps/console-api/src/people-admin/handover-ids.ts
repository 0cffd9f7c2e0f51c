import { createHash } from 'node:crypto';

/**
 * An id that a hand-over always makes of the same parts, so that a slice sent again after a crash is answered, not done twice.
 * The text is hashed into a UUID of version 8 (RFC 9562: ids by a rule of one's own).
 */
export function derivedId<Id extends string>(...parts: readonly string[]): Id {
  const hex = createHash('sha256').update(parts.join('/')).digest('hex');
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return groups.join('-') as Id;
}
