/**
 * `FROM` of one node by its id, $1 being the enterprise; nothing when there is none. By an order that only the primary key has: asked for
 * by equality, a planner that takes the table for tiny finds every index as good as any other, and where a plan is kept the choice
 * stays while the table grows. Bounded on both sides: with one bound the index copies all that is left of its
 * page before the first is taken.
 */
export function nodeById(id: string, columns: string): string {
  return `(SELECT id, ${columns} FROM node WHERE enterprise_id = $1 AND id >= ${id} AND id <= ${id} ORDER BY id LIMIT 1)`;
}

/** `FROM` of the live node with a name in a folder of the space $2; in the same way. */
export function nodeByName(parentId: string, name: string): string {
  return `(
    SELECT id FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = ${parentId}
      AND live_name >= ${name} AND live_name <= ${name}
    ORDER BY live_name LIMIT 1)`;
}
