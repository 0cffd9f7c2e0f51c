import type { BlockReason, PauseReason, StatusReason, TaskStatus } from '@tideline/contracts';

/** What is known of a task at this moment; the status follows from it (TA-8). */
export type TaskFacts = {
  readonly cancelled: boolean;
  readonly pauses: ReadonlySet<PauseReason>;
  readonly block: BlockReason | null;
  /** `waiting`: a run is due and has not begun. */
  readonly phase: 'idle' | 'waiting' | 'scanning' | 'syncing';
  /** SA-5: since the start of the agent, and since the server was last out of reach, both sides were looked at completely. */
  readonly checked: boolean;
  readonly pending: number;
  readonly failed: number;
  readonly holds: number;
};

export type StatusAndReason = { readonly status: TaskStatus; readonly reason: StatusReason | null };

/** What the person can least solve is said first. */
const PAUSE_ORDER: readonly PauseReason[] = [
  'agent_too_old',
  'disabled',
  'permission',
  'admin',
  'policy',
  'user',
  'schedule',
  'metered',
  'battery',
];

export function toTaskStatus(facts: TaskFacts): StatusAndReason {
  if (facts.cancelled) return { status: 'cancelled', reason: null };
  const running = facts.phase === 'scanning' || facts.phase === 'syncing';
  const pause = PAUSE_ORDER.find((reason) => facts.pauses.has(reason));
  if (pause !== undefined && !running) return { status: 'paused', reason: pause };
  if (facts.block !== null) return { status: 'blocked', reason: facts.block };
  if (facts.holds > 0) return { status: 'held', reason: null };
  return { status: activeStatus(facts), reason: null };
}

function activeStatus(facts: TaskFacts): TaskStatus {
  if (facts.phase === 'scanning' || facts.phase === 'syncing') return facts.phase;
  if (facts.phase === 'waiting' || !facts.checked) return 'queued';
  if (facts.pending > 0) return 'syncing';
  return facts.failed > 0 ? 'up_to_date_with_failures' : 'up_to_date';
}
