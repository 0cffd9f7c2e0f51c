import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@tideline/contracts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Device } from '../enrollment/device.ts';
import { createLocalClient } from '../local-api/local-client.ts';
import { localRoutes } from '../local-api/local-routes.ts';
import { lockHome, type HomeLock } from '../runtime/home-lock.ts';
import { createServer } from '../tasks/server.ts';
import { TaskStore } from '../tasks/task-store.ts';

const STOP_TIMEOUT_MS = 15_000;

/** Ends the agent, its tasks and the enrollment of this home. Files stay on both sides; a server that is away is no hindrance. */
export async function logOut(
  config: AgentConfig,
  openDevice: () => Promise<Device>,
): Promise<{ readonly tasks: number }> {
  await askToStop(config.home);
  const lock = await lockWhenStopped(config.home);
  try {
    const device = await openDevice();
    if (!device.enrollment()) throw new AppError('NOT_ENROLLED');
    const tasks = await endTasks(config.home, device);
    await device.logout();
    return { tasks };
  } finally {
    lock.release();
  }
}

async function askToStop(home: string): Promise<void> {
  try {
    await createLocalClient(home).call(localRoutes.shutdown, {});
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'AGENT_NOT_RUNNING') throw error;
  }
}

async function lockWhenStopped(home: string): Promise<HomeLock> {
  const deadlineMs = Date.now() + STOP_TIMEOUT_MS;
  for (;;) {
    try {
      return lockHome(home);
    } catch (error) {
      const busy = error instanceof AppError && error.code === 'AGENT_ALREADY_RUNNING';
      if (!busy || Date.now() > deadlineMs) throw error;
      await sleep(100);
    }
  }
}

async function endTasks(home: string, device: Device): Promise<number> {
  const store = new TaskStore(home);
  const server = createServer(device.session().client);
  const { records } = store.load();
  for (const record of records) {
    // Best effort: a task of a device that never comes back is seen as such in the console.
    await server.removeTask(record.id).catch(() => undefined);
    store.remove(record.id);
  }
  return records.length;
}
