import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { z } from 'zod';

/** `key`: a secret of the space. `of`: what the pages are of and for whom; elsewhere the text is as good as none. */
export type PageSeal = { readonly key: string; readonly of: readonly string[] };

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Positions that may name what their reader does not see, or that are believed: nobody reads such a text, or makes one. Where a
 * page can only end at what it shows, and nothing depends on the position but where to go on, `encodePage` does.
 */
export function sealPage(position: unknown, seal: PageSeal): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(seal), iv, { authTagLength: TAG_BYTES }).setAAD(aboutOf(seal));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(position)), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** `undefined` for anything that this server did not make for these pages. */
export function openPage<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  seal: PageSeal,
): z.output<Schema> | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)];
  if (tag.length < TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(seal), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aboutOf(seal)).setAuthTag(tag);
    const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    return schema.safeParse(JSON.parse(opened.toString())).data;
  } catch {
    return undefined; // the tag does not fit
  }
}

function keyOf(seal: PageSeal): Buffer {
  return Buffer.from(hkdfSync('sha256', seal.key, '', 'page', 32)); // of its own: the secret signs cursors, too
}

function aboutOf(seal: PageSeal): Buffer {
  return Buffer.from(JSON.stringify(seal.of));
}
