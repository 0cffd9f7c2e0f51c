import type { TaskStatus } from '@tideline/contracts';

export type StateCount = { readonly status: TaskStatus; readonly count: number };

/** The states that any task is in, in the order of the closed list; what a newer server adds is passed over. */
export function tasksByState(
  tasks: Readonly<Record<string, number>>,
  order: readonly TaskStatus[],
): readonly StateCount[] {
  return order.map((status) => ({ status, count: tasks[status] ?? 0 })).filter(({ count }) => count > 0);
}
