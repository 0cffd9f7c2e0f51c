import type { DeviceReport } from '@tideline/contracts';
import { reportDueAtMs, statusKey } from './report-schedule.ts';
import type { Timers } from './timers.ts';

/** A report without what the sender adds: which start of the agent it comes from and its number. */
export type ReportBody = Omit<DeviceReport, 'bootId' | 'sequence'>;

export type ReportSender = {
  /** The newest replaces one that waits. */
  readonly hand: (report: ReportBody) => void;
  /** A way to the server opened: the newest report is told again, for the server may have missed it. */
  readonly resend: () => void;
  readonly stop: () => void;
};

type Parts = {
  readonly timers: Timers;
  readonly bootId: string;
  /** False when nothing could be sent; it is tried again after the interval. */
  readonly send: (report: DeviceReport) => boolean | Promise<boolean>;
};

/** Keeps one latest report, never a queue. */
export function createReportSender({ timers, bootId, send }: Parts): ReportSender {
  let latest: ReportBody | undefined;
  let waitingSinceMs: number | undefined;
  let lastSentMs: number | null = null;
  let sentStatus: string | undefined;
  let sequence = 0;
  let isSending = false;
  let cancel = (): void => undefined;

  const plan = (): void => {
    cancel();
    if (!latest || waitingSinceMs === undefined || isSending) return;
    const statusChanged = statusKey(latest.tasks) !== sentStatus;
    const dueAtMs = reportDueAtMs({ waitingSinceMs, lastSentMs, statusChanged });
    cancel = timers.after(Math.max(0, dueAtMs - timers.nowMs()), () => void deliver());
  };
  const deliver = async (): Promise<void> => {
    if (!latest) return;
    const report: DeviceReport = { ...latest, bootId, sequence: (sequence += 1) };
    waitingSinceMs = undefined;
    isSending = true;
    const isSent = await Promise.resolve(send(report)).catch(() => false);
    isSending = false;
    lastSentMs = timers.nowMs();
    // a status that did not get through counts as told: else a server that is away would be asked without a pause
    sentStatus = statusKey(report.tasks);
    if (!isSent) waitingSinceMs ??= lastSentMs;
    plan();
  };
  return {
    hand: (report) => {
      latest = report;
      waitingSinceMs ??= timers.nowMs();
      plan();
    },
    resend: () => {
      if (!latest) return;
      sentStatus = undefined;
      waitingSinceMs = timers.nowMs();
      plan();
    },
    stop: () => {
      latest = undefined;
      cancel();
    },
  };
}
