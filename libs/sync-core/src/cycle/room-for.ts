import type { Room } from '../ports/cloud.ts';
import type { CycleDeps } from './cycle-types.ts';
import type { Upload } from './group-ops.ts';

/**
 * The room that a large file needs (VE-3). Its key is the file itself on this device, whatever it is called and whatever is in it:
 * the same in every plan and after every restart, so that no try of one upload holds room beside another.
 */
export function roomFor({ expect, content }: Upload, { cloud, hashes }: Pick<CycleDeps, 'cloud' | 'hashes'>): Room {
  const file = [cloud.rootId, expect.volume, expect.fileId, expect.birthNs].join(' ');
  const hex = hashes.sha256Hex(file);
  const key = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)];
  return { key: key.join('-'), bytes: content.size };
}
