import type { Team } from '@tideline/contracts';

export type TeamRow = { readonly team: Team; readonly depth: number };

/** Teams in the order of their tree, each below its parent, by name in the reader's collation. A lost parent counts as none. */
export function teamTree(teams: readonly Team[], locale: string): readonly TeamRow[] {
  const byName = new Intl.Collator(locale).compare;
  const known = new Set(teams.map((team) => team.id));
  const below = Map.groupBy(teams, ({ parentId }) => (parentId !== null && known.has(parentId) ? parentId : null));
  const rows: TeamRow[] = [];
  const add = (parentId: Team['id'] | null, depth: number) => {
    const children = (below.get(parentId) ?? []).toSorted((a, b) => byName(a.name, b.name));
    for (const team of children) {
      rows.push({ team, depth });
      add(team.id, depth + 1);
    }
  };
  add(null, 0);
  return rows;
}
