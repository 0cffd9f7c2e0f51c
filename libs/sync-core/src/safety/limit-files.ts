import { MAX_FILES } from '@tideline/contracts';
import type { CloudOp, LocalOp, Plan, PlanProblem } from '../model/plan.ts';
import type { BaseView } from '../model/tree.ts';

/**
 * LI-2: the file past the limit is a problem, the others go on. Files that are synced already stay so; only new ones count
 * against the room that is left.
 */
export function limitFiles(plan: Plan, base: BaseView, maxFiles: number): Plan {
  let room = maxFiles - base.fileCount();
  const problems: PlanProblem[] = [];
  const admit = (isNew: boolean, refused: PlanProblem): boolean => {
    if (!isNew || room-- > 0) return true;
    problems.push(refused);
    return false;
  };
  const params = { max: MAX_FILES };
  const cloud = plan.cloud.filter((op) =>
    admit(isNewFile(op, base), {
      key: 'key' in op ? op.key : null,
      cloudId: null,
      code: 'LIMIT_FILES',
      params,
    }),
  );
  const local = plan.local.filter((op) =>
    admit(isNewFile(op, base), {
      key: null,
      cloudId: 'cloud' in op ? op.cloud.id : null,
      code: 'LIMIT_FILES',
      params,
    }),
  );
  return { ...plan, cloud, local, problems: [...plan.problems, ...problems] };
}

/** Files that base does not know yet. */
export function newFilesOf(plan: Plan, base: BaseView): number {
  let files = 0;
  for (const op of plan.cloud) if (isNewFile(op, base)) files += 1;
  for (const op of plan.local) if (isNewFile(op, base)) files += 1;
  return files;
}

/** A key below zero says so without asking base, which costs much for what it does not have. */
function isNewFile(op: CloudOp | LocalOp, base: BaseView): boolean {
  if (op.op === 'cloudUpload') return op.key < 0 || !base.get(op.id);
  return op.op === 'localDownload' && !base.get(op.id);
}
