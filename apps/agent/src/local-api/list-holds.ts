import { fillText, HOLD_TEXTS, type HoldKind } from '@tideline/contracts';
import type { SyncTask } from '../tasks/sync-task.ts';
import { localPathOf } from '../tasks/local-path-of.ts';
import type { HoldView } from './messages.ts';

const MAX_SAMPLE = 20;

/** GU: what waits for an answer in one task, with the first paths; shown to the person at this device only. */
export function listHolds(task: SyncTask): HoldView[] {
  if (!task.supervisor) return [];
  const journal = task.getJournal();
  const trees = { base: journal.base, local: journal.localOverlay() };
  return journal.holds().map((hold) => ({
    id: hold.holdId,
    task: task.record.id,
    ...{ kind: hold.kind, files: hold.files, answer: hold.answer, gone: hold.gone?.length ?? 0 },
    ...textOf(hold.kind, hold.files),
    since: new Date(hold.sinceMs).toISOString(),
    sample: hold.ids.slice(0, MAX_SAMPLE).flatMap((id) => localPathOf(trees, id) ?? []),
  }));
}

function textOf(kind: HoldKind, files: number): { message: string; fix: string } {
  const [message, fix] = HOLD_TEXTS[kind];
  return { message: fillText(message, { files }), fix };
}
