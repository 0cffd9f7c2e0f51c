import { z } from 'zod';
import { MAX_CDC_CHUNK_BYTES, MAX_MANIFEST_CHUNKS } from './content-id.ts';
import { ChunkHash, SizeBytes } from './ids.ts';

export const ChunkRef = z.object({ hash: ChunkHash, size: z.int().min(1).max(MAX_CDC_CHUNK_BYTES) });
export type ChunkRef = z.infer<typeof ChunkRef>;

/** One content of a file: its chunks in order. An empty file has no chunks. */
export const Manifest = z.array(ChunkRef).max(MAX_MANIFEST_CHUNKS).readonly();
export type Manifest = z.infer<typeof Manifest>;

export const FileContent = z
  .object({ size: SizeBytes, chunks: Manifest })
  .refine((content) => content.chunks.reduce((sum, chunk) => sum + chunk.size, 0) === content.size, {
    message: 'the sizes of the chunks must add up to the size of the file',
  });
export type FileContent = z.infer<typeof FileContent>;

export * from './content-id.ts';
