import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Not `import` or `module`: they reach Node's own `require` too, which then gets ES modules where `pg` expects CommonJS.
const conditions = ['tideline:source', 'node', 'default'];

/** Database tests: one embedded PostgreSQL for the run, a database per spec file. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['src/**/*.int.spec.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    // Every file would load TypeORM, Nest and the AWS client anew, which took as long as the tests.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
