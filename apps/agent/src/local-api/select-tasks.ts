import type { TaskListQuery, TaskView } from './messages.ts';

/** TA-3: filtered by status, type and space; sorted by cloud name or creation time. */
export function selectTasks(tasks: readonly TaskView[], query: TaskListQuery): TaskView[] {
  const { status, type, space, sort } = query;
  const selected = tasks.filter(
    (task) =>
      (status === undefined || task.status === status) &&
      (type === undefined || task.type === type) &&
      (space === undefined || task.space.kind === space),
  );
  return selected.toSorted(sort === 'cloud-name' ? byCloudName : byCreation);
}

function byCloudName(left: TaskView, right: TaskView): number {
  return left.cloud.localeCompare(right.cloud) || byCreation(left, right);
}

function byCreation(left: TaskView, right: TaskView): number {
  return left.createdAt.localeCompare(right.createdAt) || left.id.localeCompare(right.id);
}
