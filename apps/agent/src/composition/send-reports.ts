import type { DeviceReport } from '@tideline/contracts';
import type { Agent } from '../runtime/agent.ts';
import type { Timers } from '../runtime/task-engine.ts';
import type { DeviceSocket } from '../telemetry/device-socket.ts';

/** What a report tells of the device besides its tasks. */
export type ReportFacts = Pick<
  DeviceReport,
  'agentVersion' | 'keyStore' | 'keyProblem' | 'freeDiskBytes' | 'diskBytes' | 'rssBytes'
>;

export type SendReportsOptions = {
  readonly socket: Pick<DeviceSocket, 'report'>;
  readonly facts: () => Promise<ReportFacts>;
  readonly timers: Timers;
  readonly signal: AbortSignal;
};

/** Counting problems for every file that moves would cost more than moving it. */
const GATHER_MS = 250;

/** Hands a fresh report to the socket after changes, until aborted; the socket decides when it leaves. Never rejects. */
export async function sendReports(agent: Agent, options: SendReportsOptions): Promise<void> {
  const { socket, facts, timers, signal } = options;
  try {
    for (;;) {
      const changed = agent.changes.changed(signal);
      changed.catch(() => undefined); // told below; until then an abort is nobody's surprise
      const tasks = agent.reports();
      const watcherFallback = agent.tasks.list().some((task) => task.view().watcherTrouble !== null);
      socket.report({ ...(await facts()), watcherFallback, tasks });
      await changed;
      await pause(timers, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function pause(timers: Timers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(GATHER_MS, resolve);
    signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
  });
}
