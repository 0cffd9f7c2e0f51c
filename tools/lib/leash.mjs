/**
 * Preloaded into the console and the agents (`node --import`): ends the process when whoever started it is gone, even by
 * `kill -9`, so that nothing is left behind to hold a port or a data directory. The leash is a pipe that the starter
 * holds open; the kernel closes it with the starter.
 */
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

const fd = Number(process.env.TIDELINE_LEASH_FD);
if (isMainThread && fd > 2) {
  const graceMs = Number(process.env.TIDELINE_LEASH_GRACE_MS ?? 15_000);
  // Processes started from here must not believe that the pipe is theirs.
  delete process.env.TIDELINE_LEASH_FD;
  delete process.env.TIDELINE_LEASH_GRACE_MS;
  const leash = new Socket({ fd, readable: true, writable: false });
  leash.on('error', () => undefined); // 'close' follows and says the same
  leash.once('close', () => letGo(graceMs));
  leash.resume();
  leash.unref();
}

function letGo(graceMs) {
  if (graceMs <= 0) process.kill(process.pid, 'SIGKILL');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  process.kill(process.pid, 'SIGTERM');
}
