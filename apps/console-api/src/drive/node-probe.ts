/**
 * `FROM` of one node by its id, $1 being the enterprise; nothing when there is none. The first one from the id on, in an order that only
 * the primary key has: asked for by equality, a planner that takes the table for tiny finds every index as good as any other, and
 * where a plan is kept the choice stays while the table grows.
 */
export function nodeById(id: string, columns: string): string {
  return `(SELECT * FROM (
    SELECT id, ${columns} FROM node WHERE enterprise_id = $1 AND id >= ${id} ORDER BY id LIMIT 1) first_from
    WHERE first_from.id = ${id})`;
}

/** `FROM` of the live node with a name in a folder of the space $2; for the same reason by an order. */
export function nodeByName(parentId: string, name: string): string {
  return `(SELECT id FROM (
    SELECT id, live_name FROM node WHERE enterprise_id = $1 AND space_id = $2 AND parent_id = ${parentId} AND live_name >= ${name}
    ORDER BY live_name LIMIT 1) first_from
    WHERE first_from.live_name = ${name})`;
}
