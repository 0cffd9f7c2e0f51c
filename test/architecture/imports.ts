import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
const SOURCE_ROOTS = ['libs', 'apps'];
const IMPORT = /^\s*(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;

type Resolver = { resolve(source: string, file: string): { found: boolean; path?: string | null } };
const resolver = createRequire(import.meta.url)('../../tools/lint/resolver.cjs') as Resolver;

/** Every source file with the files of ours it needs at run time, as paths from the repository's root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function readImportGraph(): ImportGraph {
  const files = SOURCE_ROOTS.flatMap((folder) => listSources(join(ROOT, folder)));
  return new Map(files.map((file) => [relative(ROOT, file), importsOf(file)]));
}

/** One import cycle, its files in order, or `undefined`. */
export function findCycle(graph: ImportGraph): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const cycle = walk(graph, start, { done, path: [] });
    if (cycle) return cycle;
  }
  return undefined;
}

function walk(
  graph: ImportGraph,
  file: string,
  state: { done: Set<string>; path: string[] },
): readonly string[] | undefined {
  const seenAt = state.path.indexOf(file);
  if (seenAt >= 0) return [...state.path.slice(seenAt), file];
  if (state.done.has(file)) return undefined;
  state.path.push(file);
  for (const next of graph.get(file) ?? []) {
    const cycle = walk(graph, next, state);
    if (cycle) return cycle;
  }
  state.path.pop();
  state.done.add(file);
  return undefined;
}

function importsOf(file: string): readonly string[] {
  const sources = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? '');
  return sources
    .map((source) => resolver.resolve(source, file).path)
    .filter((path) => path !== undefined && path !== null)
    .map((path) => relative(ROOT, path))
    .filter((path) => SOURCE_ROOTS.some((folder) => path.startsWith(`${folder}/`)));
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : listSources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

const IGNORED = new Set(['node_modules', 'dist', 'out', '.next']);
