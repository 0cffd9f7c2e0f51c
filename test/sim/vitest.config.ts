import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['tideline:source', 'node', 'default'];

/** Many devices, random actions and faults in virtual worlds; a failing seed becomes a named test. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['**/*.sim.ts'],
    environment: 'node',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
