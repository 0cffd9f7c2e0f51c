import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** TA-9 and the marker's folder: never synced. */
const LEFT_OUT = new Set(['.tideline~sync', '.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** Path below the root → what is there, in a form that is equal exactly when both are equal. */
export type TreeFacts = ReadonlyMap<string, string>;

/** Folders (empty ones too), files by bytes and executable bit. Links, sockets and devices are skipped, as sync does. */
export function readTree(root: string): TreeFacts {
  const facts = new Map<string, string>();
  collect(root, '', facts);
  return facts;
}

/** What differs between two trees, one line each; empty when they are the same. */
export function differences(first: string, second: string): readonly string[] {
  const [a, b] = [readTree(first), readTree(second)];
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths
    .filter((path) => a.get(path) !== b.get(path))
    .map((path) => `${path}: ${a.get(path) ?? 'missing'} ≠ ${b.get(path) ?? 'missing'}`);
}

export function sameTree(first: string, second: string): boolean {
  return differences(first, second).length === 0;
}

function collect(root: string, below: string, facts: Map<string, string>): void {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const name = path.normalize('NFC');
    if (entry.isDirectory()) {
      facts.set(name, 'folder');
      collect(root, path, facts);
    } else if (entry.isFile()) {
      facts.set(name, describeFile(join(root, path)));
    }
  }
}

function describeFile(path: string): string {
  const bytes = readFileSync(path);
  const isExecutable = (lstatSync(path).mode & 0o100) !== 0;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `file ${bytes.length} ${hash}${isExecutable ? ' x' : ''}`;
}
