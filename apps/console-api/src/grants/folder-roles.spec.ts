import { readFileSync } from 'node:fs';
import {
  ATOMS,
  FOLDER_ROLE_ATOMS,
  FolderRole,
  GRANTING_ROLES,
  SYNC_RIGHT_ATOMS,
  type Atom,
  type SyncRight,
} from '@tideline/contracts';
import { describe, expect, it } from 'vitest';

const TEXT = readFileSync(new URL('../../../../docs/spec/folder-roles.md', import.meta.url), 'utf8');
/** Columns of both tables, between the name and what comes last. */
const COLUMNS: readonly (readonly Atom[])[] = [
  ['visible', 'list'],
  ['preview'],
  ['create'],
  ['update'],
  ['download'],
  ['copy'],
  ['move'],
  ['delete'],
  ['shareLink'],
];

/** By the name in its first column: the actions of a row, and what its last column says. */
function readTable(head: string): Map<string, { atoms: Set<Atom>; last: string }> {
  const [table = ''] = TEXT.slice(TEXT.indexOf(head)).split('\n\n');
  const rows = table.split('\n').slice(2);
  return new Map(
    rows.map((row) => {
      const [, name = '', ...cells] = row.split('|').map((cell) => cell.trim());
      // What is not `-` is given: with the delete switch, too.
      const atoms = COLUMNS.flatMap((column, at) => (cells[at] === '-' ? [] : column));
      return [name, { atoms: new Set(atoms), last: cells[COLUMNS.length] ?? '' }];
    }),
  );
}

const titleOf = (role: FolderRole) => {
  const words = role.split('_');
  if (words[0] === 'editor' && words.length > 1) return `editor without ${words.at(-1)}`;
  return role === 'metadata_viewer' ? 'metadata viewer' : words.join(' + ');
};

describe('[PE-6] the matrix of the specification', () => {
  it('is what each of the thirteen roles means', () => {
    const told = readTable('| role | V L |');
    expect(told.size).toBe(13);
    for (const role of FolderRole.options) {
      const row = told.get(titleOf(role));
      expect([role, row?.atoms]).toEqual([role, new Set(FOLDER_ROLE_ATOMS[role])]);
      expect([role, row?.last.includes('may grant')]).toEqual([role, GRANTING_ROLES.has(role)]);
    }
  });

  it('[PE-1] is what each sync right brings along', () => {
    const told = readTable('| sync right | V L |');
    expect([...told.keys()]).toEqual(['Backer', 'Synchronizer']);
    for (const right of ['backer', 'synchronizer'] satisfies SyncRight[]) {
      const row = told.get(`${right.charAt(0).toUpperCase()}${right.slice(1)}`);
      expect([right, row?.atoms]).toEqual([right, new Set(SYNC_RIGHT_ATOMS[right])]);
    }
  });

  it('has ten actions', () => {
    expect(new Set(COLUMNS.flat())).toEqual(new Set(ATOMS));
    expect(ATOMS).toHaveLength(10);
  });
});
