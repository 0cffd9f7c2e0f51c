import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['tideline:source', 'node', 'import', 'module', 'default'];

/** Tests that start and kill processes on real folders. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['src/**/*.int.spec.ts'], environment: 'node', testTimeout: 120_000 },
});
