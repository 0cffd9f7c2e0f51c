import type { Decision } from '@tideline/sync-core';
import { AgentService, type DeviceIdentity } from '../local-api/agent-service.ts';
import { createHandlers } from '../local-api/handlers.ts';
import { startLocalServer } from '../local-api/local-server.ts';
import type { DoctorAnswer, Preview } from '../local-api/messages.ts';
import type { Log } from '../logging/log.ts';
import { Agent, type AgentDeps } from '../runtime/agent.ts';
import type { Timers } from '../runtime/task-engine.ts';
import type { CreateTaskDeps, NewTask } from '../tasks/create-task.ts';
import type { Server } from '../tasks/server.ts';
import type { SyncTask } from '../tasks/sync-task.ts';
import { TaskStore } from '../tasks/task-store.ts';
import type { DeviceThrottle } from '../throttle/device-throttle.ts';
import type { DeviceSocket, DeviceSocketEvent } from '../telemetry/device-socket.ts';
import { sendReports, type ReportFacts } from './send-reports.ts';
import { newId } from './surroundings.ts';

/** What an agent is made of, besides itself: adapters in the product, fakes in tests. */
export type AgentParts = {
  readonly home: string;
  readonly identity: DeviceIdentity;
  readonly server: Server;
  readonly openSocket: (onEvent: (event: DeviceSocketEvent) => void) => DeviceSocket;
  readonly openTask: (store: TaskStore) => AgentDeps['openTask'];
  readonly checkFolder: CreateTaskDeps['checkFolder'];
  readonly preview: (create: CreateTaskDeps, task: NewTask, signal: AbortSignal) => Promise<Preview>;
  readonly decide: (task: SyncTask) => readonly Decision[];
  readonly doctor: (agent: Agent) => Promise<DoctorAnswer>;
  readonly reportFacts: () => Promise<ReportFacts>;
  readonly timers: Timers;
  readonly throttle: DeviceThrottle;
  readonly activity?: AgentDeps['activity'];
  readonly log: Log;
  readonly shutdown: () => void;
};

export type StartedAgent = { readonly agent: Agent; stop(): Promise<void> };

/** Loads the tasks, lets them run, and answers once the command line can reach the agent. */
export async function startAgent(parts: AgentParts): Promise<StartedAgent> {
  const { home, server, timers, log, activity } = parts;
  const { deviceId } = parts.identity;
  const store = new TaskStore(home);
  const socket = parts.openSocket((event) => agent.watch.handle(event));
  const agent: Agent = new Agent({
    ...{ store, server, socket, timers, log, openTask: parts.openTask(store), deviceId },
    ...(activity ? { activity } : {}),
    onThrottle: (throttle) => parts.throttle.setPolicy(throttle),
  });
  const create = toCreateDeps(parts, agent, store);
  const service = new AgentService({
    ...{ agent, create, identity: parts.identity, decide: parts.decide, shutdown: parts.shutdown },
    throttle: parts.throttle,
    preview: (task, signal) => parts.preview(create, task, signal),
    doctor: () => parts.doctor(agent),
  });
  await agent.start();
  const reporting = new AbortController();
  const reports = sendReports(agent, { socket, facts: parts.reportFacts, timers, signal: reporting.signal });
  const local = await startLocalServer({ home, handlers: createHandlers(service), log });
  return {
    agent,
    stop: async () => {
      await local.close();
      reporting.abort();
      await reports;
      await agent.stop();
    },
  };
}

function toCreateDeps({ server, checkFolder, identity }: AgentParts, agent: Agent, store: TaskStore): CreateTaskDeps {
  return {
    ...{ server, checkFolder, newId, deviceId: identity.deviceId },
    now: () => new Date(),
    existing: () => agent.tasks.list().map((task) => task.record),
    save: (record) => {
      store.save(record);
      if (record.state === 'cancelled') agent.tasks.leave(record);
    },
  };
}
