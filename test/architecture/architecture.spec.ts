import { describe, expect, test } from 'vitest';
import { findCycle, readImportGraph } from './imports.ts';

const graph = readImportGraph();
const API = 'apps/console-api/src/';
/** Foundations that hold no business word: open to every module. */
const FOUNDATIONS = new Set(['platform', 'config', 'database', 'testing']);
/** Composition: knows every module by its parts. */
const COMPOSITION = new Set(['', 'database', 'migrations', 'testing']);
/**
 * A commit holds the rows of its chunks against the sweeper in its own transaction (docs/adr/0003-lint-boundaries.md): the one
 * place where a module works on another one's tables.
 */
const EXCEPTIONS = new Map([['drive', `${API}blobs/chunk.store.ts`]]);
/**
 * Nodes, versions, the bin and room are changed together, in one transaction under the lock of one space: these modules split
 * the work on one set of tables by what people do, and share its stores (docs/adr/0003-lint-boundaries.md).
 */
const DRIVE = new Set(['drive', 'copies', 'versions', 'recycle-bin', 'quota', 'restore']);
/** What a module keeps to itself. */
const INNER = /\.(store|entity|controller|gateway)\.ts$/;

describe('imports', () => {
  test('the graph is read at all: the console needs the contracts', () => {
    const contracts = [...graph].filter(([file]) => file.startsWith(API)).flatMap(([, imports]) => imports);
    expect(contracts).toContain('libs/contracts/src/index.ts');
  });

  test('no file needs itself by way of others', () => {
    expect(findCycle(graph)).toBeUndefined();
  });

  test('a cycle would be found', () => {
    const cyclic = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(findCycle(cyclic)).toEqual(['b', 'c', 'b']);
  });

  test('nobody imports a spec', () => {
    const specs = [...graph].flatMap(([file, imports]) =>
      imports.filter((target) => /\.spec\.tsx?$/.test(target)).map((target) => `${file} → ${target}`),
    );
    expect(specs).toEqual([]);
  });
});

describe('modules of the console API', () => {
  test('a module uses another one through its services, never its stores, entities or controllers', () => {
    const trespasses = [...graph].flatMap(([file, imports]) =>
      imports.filter((target) => isTrespass(file, target)).map((target) => `${file} → ${target}`),
    );
    expect(trespasses).toEqual([]);
  });

  test('a store of another module would be a trespass, a service not', () => {
    expect(isTrespass(`${API}fleet/report.service.ts`, `${API}drive/node.store.ts`)).toBe(true);
    expect(isTrespass(`${API}fleet/report.service.ts`, `${API}drive/drive.service.ts`)).toBe(false);
    expect(isTrespass(`${API}drive/drive.service.ts`, `${API}drive/node.store.ts`)).toBe(false);
    expect(isTrespass(`${API}versions/version.service.ts`, `${API}drive/batch.store.ts`)).toBe(false);
    expect(isTrespass(`${API}versions/version.service.ts`, `${API}drive/drive.controller.ts`)).toBe(true);
  });
});

function isTrespass(file: string, target: string): boolean {
  if (!file.startsWith(API) || !target.startsWith(API) || isOfTests(file) || !INNER.test(target)) return false;
  const [from, to] = [moduleOf(file), moduleOf(target)];
  if (from === to || isShared(from, target)) return false;
  // The module class of Nest names its controllers and gateways, but only its own.
  return !COMPOSITION.has(from) && !FOUNDATIONS.has(to);
}

/** Worlds of tests look into what they test. */
function isOfTests(file: string): boolean {
  return file.includes('/testing/') || /\.(spec|int)\.ts$/.test(file);
}

function isShared(from: string, target: string): boolean {
  if (EXCEPTIONS.get(from) === target) return true;
  return DRIVE.has(from) && DRIVE.has(moduleOf(target)) && target.endsWith('.store.ts');
}

function moduleOf(file: string): string {
  const parts = file.slice(API.length).split('/');
  return parts.length > 1 ? (parts[0] ?? '') : '';
}
