import { createHmac, timingSafeEqual } from 'node:crypto';

/** A position in the feed of one space, and the token of the commit that took its seq: proof that the position was real. */
export type Cursor = { readonly seq: number; readonly epoch: string; readonly token: string };
/** Signs cursors of one space, so that nobody can make one that would look as if the database had been restored. */
export type CursorSeal = { readonly spaceId: string; readonly cursorKey: string };

export function encodeCursor(cursor: Cursor, seal: CursorSeal): string {
  const text = `${cursor.seq}.${cursor.epoch}.${cursor.token}`.replaceAll('-', '');
  return Buffer.from(`${text}.${sign(text, seal)}`).toString('base64url');
}

/** `undefined` for anything that this server did not make for this space. */
export function parseCursor(encoded: string, seal: CursorSeal): Cursor | undefined {
  const decoded = Buffer.from(encoded, 'base64url').toString();
  const match = /^((\d{1,15})\.([0-9a-f]{32})\.([0-9a-f]{32}))\.([0-9a-f]{16})$/.exec(decoded);
  if (!match) return undefined;
  const [, text = '', seq = '', epoch = '', token = '', signature = ''] = match;
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(sign(text, seal)))) return undefined;
  return { seq: Number(seq), epoch: toUuid(epoch), token: toUuid(token) };
}

/** Of a cursor that was checked before. */
export function epochOf(encoded: string): string {
  return toUuid(Buffer.from(encoded, 'base64url').toString().split('.')[1] ?? '');
}

function sign(text: string, seal: CursorSeal): string {
  return createHmac('sha256', seal.cursorKey).update(`${seal.spaceId}.${text}`).digest('hex').slice(0, 16);
}

function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
