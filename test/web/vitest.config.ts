import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['tideline:source', 'node', 'default'];

/** Real Chromium on the real console. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['**/*.web.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
