import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './imports.ts';

const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g;
const IGNORED = new Set(['node_modules', 'dist', 'out', '.next', '.git', '.nx', '.tideline', 'test-results']);

test('every link between documents leads somewhere', () => {
  const documents = listDocuments(ROOT);
  expect(documents.length).toBeGreaterThan(10);
  const broken = documents.flatMap((path) =>
    linksOf(path)
      .filter((target) => !existsSync(join(dirname(path), decodeURIComponent(target))))
      .map((target) => `${relative(ROOT, path)} → ${target}`),
  );
  expect(broken).toEqual([]);
});

function linksOf(path: string): readonly string[] {
  const targets = [...readFileSync(path, 'utf8').matchAll(LINK)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function listDocuments(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : listDocuments(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
