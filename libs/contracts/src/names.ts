import { z } from 'zod';

export const MAX_NAME_BYTES = 255;
const encoder = new TextEncoder();

/** BI-8: valid UTF-8 of at most 255 bytes, without `/` and NUL, not `.` or `..`, never a lone surrogate. Any Unicode form. */
export function isCloudName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  if (/[/\0]/.test(name) || !name.isWellFormed()) return false;
  const composed = name.normalize('NFC');
  // One UTF-16 unit is at most three bytes of UTF-8: most names need not be encoded to know that.
  return composed.length * 3 <= MAX_NAME_BYTES || encoder.encode(composed).length <= MAX_NAME_BYTES;
}

/** A node name as the cloud holds it: normalized to NFC, unique by exact name among its siblings. */
export const NodeName = z
  .string()
  .refine(isCloudName, 'expected a name of 1 to 255 bytes without "/"')
  .transform((name) => name.normalize('NFC'));
