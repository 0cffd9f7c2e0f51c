import type { Op } from '@tideline/sync-core';

/** JSON with bigint: signatures inside operations hold them. */
export const encodeOp = (op: Op): string =>
  JSON.stringify(op, (_name, value: unknown) => (typeof value === 'bigint' ? { $big: value.toString() } : value));

export const decodeOp = (text: string): Op => JSON.parse(text, reviveBigint) as Op;

function reviveBigint(_name: string, value: unknown): unknown {
  const isBig = typeof value === 'object' && value !== null && '$big' in value;
  return isBig ? BigInt((value as { $big: string }).$big) : value;
}
