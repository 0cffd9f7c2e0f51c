import boundaries from 'eslint-plugin-boundaries';
import { fileURLToPath } from 'node:url';

/** Who may import whom; what is not named is denied (docs/adr/0003-lint-boundaries.md). */
const MAY_IMPORT = {
  contracts: [],
  'sync-core': ['contracts'],
  'local-fs': ['contracts', 'sync-core'],
  'drive-client': ['contracts', 'sync-core'],
  ui: ['contracts'],
  testing: ['contracts', 'sync-core', 'drive-client', 'local-fs'],
  agent: ['contracts', 'sync-core', 'local-fs', 'drive-client', 'ui'],
  'console-api': ['contracts'],
  'console-web': ['contracts', 'drive-client', 'ui'],
  // The simulation plays the agent's schedule and the server's decisions themselves, not copies of them.
  test: ['contracts', 'sync-core', 'local-fs', 'drive-client', 'testing', 'agent', 'console-api'],
  bench: ['contracts', 'drive-client', 'local-fs', 'sync-core', 'testing'],
};
const LIBS = ['contracts', 'sync-core', 'local-fs', 'drive-client', 'ui', 'testing'];
const APPS = ['agent', 'console-api', 'console-web'];

const elements = [
  ...LIBS.map((name) => ({ type: name, pattern: `libs/${name}` })),
  ...APPS.map((name) => ({ type: name, pattern: `apps/${name}` })),
  { type: 'test', pattern: 'test' },
  { type: 'bench', pattern: 'bench' },
];

const policies = Object.entries(MAY_IMPORT).map(([from, to]) => ({
  from: { element: { type: from } },
  allow: { to: { element: { types: { anyOf: [from, ...to] } } } },
}));

export const boundaryConfig = {
  files: ['libs/**/*.ts', 'apps/**/*.{ts,tsx}', 'test/**/*.ts', 'bench/**/*.ts'],
  plugins: { boundaries },
  settings: {
    'boundaries/elements': elements,
    'boundaries/include': ['libs/**/*', 'apps/**/*', 'test/**/*', 'bench/**/*'],
    'import/resolver': { [fileURLToPath(new URL('./resolver.cjs', import.meta.url))]: {} },
  },
  rules: {
    'boundaries/dependencies': ['error', { default: 'disallow', policies }],
  },
};
