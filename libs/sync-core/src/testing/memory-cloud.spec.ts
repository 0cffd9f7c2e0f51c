import { createHash } from 'node:crypto';
import { cloudContract } from './cloud-contract.ts';
import { MemoryCloud } from './memory-cloud.ts';
import { countingIds } from './test-device.ts';

const hashes = { sha256Hex: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') };

cloudContract('MemoryCloud', () => {
  const cloud = new MemoryCloud('00000000-0000-7000-8000-0000000000ff', hashes);
  return {
    ...{ cloud, hashes, ids: countingIds(1) },
    setQuota: async (bytes) => {
      cloud.quotaBytes = bytes;
    },
    asUploader: async (folderId) => {
      cloud.makeUploader(folderId);
      return cloud;
    },
    asBacker: async (folderId) => {
      cloud.makeBacker(folderId);
      return cloud;
    },
  };
});
