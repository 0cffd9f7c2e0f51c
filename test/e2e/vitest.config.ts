import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['tideline:source', 'node', 'default'];

/** Real processes on two cores: one file after the other, so that none of them is slow because of another. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['**/*.e2e.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
