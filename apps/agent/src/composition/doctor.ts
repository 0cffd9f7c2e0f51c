import type { Device } from '../enrollment/device.ts';
import type { DoctorAnswer } from '../local-api/messages.ts';
import { renderStatus } from '../cli/render.ts';
import type { Agent } from '../runtime/agent.ts';
import { checkRoom } from './doctor-alone.ts';

type Check = DoctorAnswer['checks'][number];

/** Everything syncing needs, looked at now. */
export async function examine(agent: Agent, device: Device): Promise<DoctorAnswer> {
  await agent.watch.refresh();
  const checks = [checkServer(agent), checkKey(device), checkFeature(agent), await checkRoom(device.home)];
  return { checks: [...checks, ...checkTasks(agent)] };
}

function checkServer(agent: Agent): Check {
  const { refusedBecause } = agent;
  const connected = agent.watch.connection === 'online';
  const detail = refusedBecause ?? (connected ? 'answers and knows this device' : 'no answer; tried again by itself');
  return { name: 'server', ok: connected && refusedBecause === null, detail };
}

function checkKey(device: Device): Check {
  const where = device.keyStore() === 'keychain' ? 'in the keychain' : 'in a file only you can read';
  return { name: 'device key', ok: !device.hasKeyProblem(), detail: where };
}

function checkFeature({ settings }: Agent): Check {
  const detail = settings === null ? 'not known yet' : (settings.refusal ?? 'sync backup is on');
  return { name: 'sync backup', ok: settings !== null && settings.refusal === null, detail };
}

const WELL: ReadonlySet<string> = new Set(['queued', 'scanning', 'syncing', 'up_to_date', 'paused']);

function checkTasks(agent: Agent): Check[] {
  return agent.tasks.list().map((task) => {
    const view = task.view();
    const trouble = view.watcherTrouble === null ? '' : `, watching fell back to timed scans (${view.watcherTrouble})`;
    const detail = `${renderStatus(view)}${view.detail === undefined ? '' : `: ${view.detail}`}${trouble}`;
    return { name: `task ${view.local}`, ok: WELL.has(view.status) && view.watcherTrouble === null, detail };
  });
}
