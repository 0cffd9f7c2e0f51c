import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_TIMEOUT_MS = 30_000;

/** Stops a PostgreSQL that outlived its console (SIGKILL), so that a new one can take the folder. */
export async function stopOrphan(clusterFolder: string): Promise<void> {
  const pid = await findPostmaster(clusterFolder);
  if (pid !== undefined) await stopProcess(pid);
}

/** The running server of this folder: `postmaster.pid` may be left over and its pid may belong to somebody else by now. */
async function findPostmaster(clusterFolder: string): Promise<number | undefined> {
  const text = await readFile(path.join(clusterFolder, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isRunning(pid)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command === '' || command.includes(clusterFolder) ? pid : undefined;
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
export async function stopProcess(pid: number): Promise<void> {
  signal(pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isRunning(pid)) {
    if (Date.now() > deadline) {
      signal(pid, 'SIGQUIT'); // the write-ahead log brings everything back at the next start
      return;
    }
    await delay(20);
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended between the look and the signal
  }
}
