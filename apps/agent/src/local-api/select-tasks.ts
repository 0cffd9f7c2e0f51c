import { parseCloudPath } from '@tideline/contracts';
import type { TaskListQuery, TaskPlace, TaskView } from './messages.ts';

/** TA-3: filtered by status, type and space; sorted by cloud name or creation time. */
export function selectTasks(tasks: readonly TaskView[], query: TaskListQuery): TaskView[] {
  const { status, type, space, sort } = query;
  const selected = tasks.filter(
    (task) =>
      (status === undefined || task.status === status) &&
      (type === undefined || task.type === type) &&
      (space === undefined || placeOf(task) === space),
  );
  return selected.toSorted(sort === 'cloud-name' ? byCloudName : byCreation);
}

function placeOf({ cloud, space }: TaskView): TaskPlace {
  return parseCloudPath(cloud)?.space.kind ?? space.kind;
}

function byCloudName(left: TaskView, right: TaskView): number {
  return left.cloud.localeCompare(right.cloud) || byCreation(left, right);
}

function byCreation(left: TaskView, right: TaskView): number {
  return left.createdAt.localeCompare(right.createdAt) || left.id.localeCompare(right.id);
}
