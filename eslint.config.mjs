import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { boundaryConfig } from './tools/lint/boundaries.mjs';

const SOURCES = ['libs/**/*.ts', 'apps/**/*.{ts,tsx}', 'test/**/*.ts', 'bench/**/*.ts', '*.ts'];
const TESTS = ['**/*.spec.{ts,tsx}', '**/*.fixture.ts', 'test/**/*.ts', '**/testing/**/*.ts', 'libs/testing/**/*.ts'];

/** House style limits. Tables and schemas have no logic to lose sight of and are excepted below. */
const limits = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
  complexity: ['error', 10],
  'max-depth': ['error', 3],
  'max-params': 'off',
  '@typescript-eslint/max-params': ['error', { max: 3 }],
};

/** The engine decides the same way everywhere: time, chance, files and network come to it through ports. */
const pureLibrary = {
  'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: 'Ask for a port instead.' }] }],
  'no-restricted-globals': [
    'error',
    ...['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'process', 'WebSocket'].map((name) => ({
      name,
      message: 'Ask for a port instead.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Ask the clock port.' },
    { object: 'Math', property: 'random', message: 'Ask the id or chance port.' },
    { object: 'crypto', property: 'randomUUID', message: 'Ask the id port.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Ask the clock port.' },
    { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  ],
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/out/',
      '**/.next/',
      '**/node_modules/',
      '**/next-env.d.ts',
      '.nx/',
      '.tideline/',
      'coverage/',
    ],
  },
  {
    files: ['tools/**/*.{mjs,cjs}', '*.mjs', 'bench/**/*.mjs'],
    ...js.configs.recommended,
    languageOptions: { globals: nodeGlobals() },
  },
  {
    files: SOURCES,
    extends: [js.configs.recommended, tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.tests.json', './apps/console-web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      ...limits,
      'no-undef': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: ['error', 'always'],
    },
  },
  boundaryConfig,
  { files: ['libs/sync-core/src/**/*.ts'], ignores: TESTS, rules: pureLibrary },
  {
    files: ['libs/contracts/src/**/*.ts', 'libs/drive-client/src/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'This library runs in browsers too.' }] },
      ],
    },
  },
  // Tables of routes, schemas and texts: long because the product is, not because the code is.
  { files: ['libs/contracts/src/**/*.ts', '**/migrations/*.ts'], rules: { 'max-lines': 'off' } },
  // Injected by the framework: the number of a constructor's parameters is the number of its collaborators.
  { files: ['apps/console-api/src/**/*.ts'], rules: { '@typescript-eslint/max-params': ['error', { max: 6 }] } },
  // React components hold their markup.
  {
    files: ['apps/console-web/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
    },
  },
  // Files whose default export a framework reads.
  {
    files: ['apps/console-web/src/app/**/*.{ts,tsx}', 'apps/console-web/*.ts', '**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: TESTS,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);

function nodeGlobals() {
  const names = [
    'process',
    'console',
    'Buffer',
    'URL',
    'fetch',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'performance',
    'AbortSignal',
    'require',
    'module',
    'exports',
    '__dirname',
  ];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
