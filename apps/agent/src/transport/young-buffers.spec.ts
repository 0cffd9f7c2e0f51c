import { expect, it } from 'vitest';
import { createYoungBuffers } from './young-buffers.ts';

it('[D14] collects once for every 16 MiB that came, in however small pieces', () => {
  let collected = 0;
  const onBytes = createYoungBuffers(() => (collected += 1));
  for (let piece = 0; piece < 40 * 16; piece += 1) onBytes(64 * 1024);
  expect(collected).toBe(2);
});
