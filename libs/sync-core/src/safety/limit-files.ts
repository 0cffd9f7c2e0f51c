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
  return [...plan.cloud, ...plan.local].filter((op) => isNewFile(op, base)).length;
}

function isNewFile(op: CloudOp | LocalOp, base: BaseView): boolean {
  return (op.op === 'cloudUpload' || op.op === 'localDownload') && !base.get(op.id);
}
