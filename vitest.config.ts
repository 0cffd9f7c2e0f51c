import { defineConfig } from 'vitest/config';

/** Unit tests run on sources; what starts processes or workers runs on the build (`npm test` builds first). */
export default defineConfig({
  resolve: { conditions: ['tideline:source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['tideline:source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['libs/**/src/**/*.spec.ts', 'apps/**/src/**/*.spec.{ts,tsx}', 'test/architecture/**/*.spec.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.int.spec.ts'],
    environment: 'node',
    // Loading the libraries anew for every file took longer than the tests; no unit keeps state between files.
    isolate: false,
    testTimeout: 30_000,
  },
});
