import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { withHook } from './hooks.ts';

const POLL_MS = 2;
/** How often, of a hundred times, the task that had the last effect has the next one too. */
const STAYS = 80;

type Task = () => Promise<unknown>;
type Stage = {
  readonly dataSource: DataSource;
  /** Tasks that wait for another one in the process itself, where PostgreSQL does not see it. */
  readonly resting: () => number;
};

/**
 * Runs tasks together so that exactly one effect of one task happens at a time, in an order that `choose` decides. A task that
 * waits for a lock of PostgreSQL or for the transaction of another one stays where it is, and another one goes on. Tasks mostly
 * have several effects in a row: most races need all of one task to fall into one gap of another, which fair turns would hardly
 * ever make.
 */
export async function interleave(
  stage: Stage,
  tasks: readonly Task[],
  choose: (count: number) => number,
): Promise<void> {
  const parked: { task: Task; release: () => void }[] = [];
  let running = tasks.length;
  let last: Task | undefined;
  let wake: () => void = () => undefined;
  const park = (task: Task) =>
    new Promise<void>((resolve) => {
      running -= 1;
      parked.push({ task, release: resolve });
      wake();
    });
  const ended = Promise.all(
    tasks.map((task) =>
      withHook({ before: () => park(task), after: () => Promise.resolve() }, task).finally(() => {
        running -= 1;
        wake();
      }),
    ),
  );
  ended.catch(() => undefined); // awaited below, when all have ended
  while (running > 0 || parked.length > 0) {
    await everyoneRests(stage, {
      running: () => running,
      woken: () => new Promise((resolve) => (wake = resolve)),
    });
    const again = choose(100) < STAYS ? parked.findIndex(({ task }) => task === last) : -1;
    const [next] = parked.splice(again < 0 ? choose(parked.length) : again, 1);
    if (!next) continue;
    last = next.task;
    running += 1;
    next.release();
  }
  await ended;
}

/** Until every task has ended, is about to have an effect, or waits for another one. */
async function everyoneRests(
  { dataSource, resting }: Stage,
  state: { readonly running: () => number; readonly woken: () => Promise<void> },
): Promise<void> {
  while (state.running() > 0) {
    await Promise.race([state.woken(), delay(POLL_MS)]);
    if (state.running() > 0 && (await countBlocked(dataSource)) + resting() >= state.running()) return;
  }
}

async function countBlocked(dataSource: DataSource): Promise<number> {
  const rows: { count: string }[] = await dataSource.query(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return Number(rows[0]?.count ?? 0);
}
