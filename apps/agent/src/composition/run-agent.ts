import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@tideline/contracts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Device } from '../enrollment/device.ts';
import type { Enrollment } from '../enrollment/device-record.ts';
import { createLog, type Log } from '../logging/log.ts';
import { createMemoryReturn, type Resters } from '../runtime/give-memory-back.ts';
import { lockHome } from '../runtime/home-lock.ts';
import { systemTimers } from '../runtime/task-engine.ts';
import type { TaskTarget } from '../tasks/create-task.ts';
import { listRootsElsewhere, noteHome } from '../tasks/known-homes.ts';
import { createServer } from '../tasks/server.ts';
import { DeviceThrottle } from '../throttle/device-throttle.ts';
import { createLocalClock } from '../throttle/rates-at.ts';
import { createDeviceSocket } from '../telemetry/device-socket.ts';
import { createFolderCheck } from './check-folder.ts';
import { createDecider } from './decide-now.ts';
import { examine } from './doctor.ts';
import { createTaskOpener, openCloud } from './open-task.ts';
import { previewTask } from './preview-task.ts';
import type { ReportFacts } from './send-reports.ts';
import { startAgent, type AgentParts } from './start-agent.ts';
import { AGENT_VERSION } from './surroundings.ts';

export type RunAgentOptions = {
  readonly config: AgentConfig;
  readonly openDevice: () => Promise<Device>;
  readonly onReady: () => void;
};

/** A clean stop ends cycles at their next step; what takes longer is as safe as after a `kill -9`. */
const STOP_TIMEOUT_MS = 8000;

/** Runs the agent of a home until it is told to stop: by a signal, or over the local API. */
export async function runAgent({ config, openDevice, onReady }: RunAgentOptions): Promise<void> {
  const lock = lockHome(config.home);
  const { log, close } = createLog(join(config.home, 'logs', 'agent.log'), config.logLevel);
  const stop = whenAskedToStop(log);
  try {
    const device = await openDevice();
    const enrollment = device.enrollment();
    if (!enrollment) throw notEnrolled(device);
    log('agent_starting', { version: AGENT_VERSION, home: config.home, server: enrollment.server });
    noteHome(config.homesFolder, config.home);
    const started = await startAgent(composeParts({ config, device, enrollment, log, shutdown: stop.now }));
    onReady();
    await stop.asked;
    setTimeout(() => process.exit(0), STOP_TIMEOUT_MS).unref();
    await started.stop();
    log('agent_stopped', {});
  } finally {
    close();
    lock.release();
  }
}

type Composition = {
  readonly config: AgentConfig;
  readonly device: Device;
  readonly enrollment: Enrollment;
  readonly log: Log;
  readonly shutdown: () => void;
};

function composeParts({ config, device, enrollment, log, shutdown }: Composition): AgentParts {
  const session = device.session();
  const resters: Resters = new Set();
  const { deviceId, deviceName, server, user, enterprise } = enrollment;
  const throttle = new DeviceThrottle({
    ...{ home: config.home, nowMs: () => systemTimers.nowMs(), localTime: createLocalClock(), log },
  });
  const openTarget = ({ cloud }: TaskTarget) =>
    openCloud(session.client, { spaceId: cloud.space.id, rootId: cloud.node.id, mode: 'bidirectional' });
  return {
    ...{ home: config.home, timers: systemTimers, throttle, log, shutdown, decide: createDecider(deviceName) },
    identity: {
      ...{ deviceId, deviceName, server, user, enterprise, version: AGENT_VERSION },
      keyStore: device.keyStore(),
    },
    activity: createMemoryReturn(systemTimers, { resters }),
    server: createServer(session.client),
    openSocket: (onEvent) => createDeviceSocket({ session, onEvent }),
    openTask: (store) => createTaskOpener({ client: session.client, deviceName, log, store, throttle, resters }),
    checkFolder: createFolderCheck(config.home, () => listRootsElsewhere(config.homesFolder, config.home)),
    preview: (create, task, signal) => previewTask(openTarget, { create, task, signal }),
    doctor: (agent) => examine(agent, device),
    reportFacts: () => reportFacts(device),
  };
}

async function reportFacts(device: Device): Promise<ReportFacts> {
  const { bavail, blocks, bsize } = await statfs(device.home);
  return {
    ...{ agentVersion: AGENT_VERSION, keyStore: device.keyStore(), keyProblem: device.hasKeyProblem() },
    ...{ freeDiskBytes: bavail * bsize, diskBytes: blocks * bsize, rssBytes: process.memoryUsage.rss() },
  };
}

function notEnrolled({ damaged }: Device): AppError {
  return damaged ? new AppError('ENROLLMENT_DAMAGED', { ...damaged }) : new AppError('NOT_ENROLLED');
}

function whenAskedToStop(log: Log): { readonly asked: Promise<void>; readonly now: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
  // State is as safe as after a kill: better a fresh start by whoever keeps the agent running than one that half works.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log('agent_crashed', { cause: event, error });
      process.stderr.write(`INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    });
  }
  return { asked: promise, now: resolve };
}
