import { fork } from 'node:child_process';
import { join } from 'node:path';
import { getProjectNode, ROOT } from './paths.mjs';

const FLEET = join(ROOT, 'test/sim/fleet');
/** Half of what a start costs is reading and compiling sources; Node checks that they are still the same. */
const COMPILED = join(ROOT, 'node_modules/.cache/sim-workers');

/**
 * Processes that play simulated fleets, a job at a time each (`test/sim/fleet/worker.ts`). They run the sources as they are,
 * with the virtual file system in place of Node's below the disk and scan code.
 */
export function startSimWorkers(count, { mutant } = {}) {
  const workers = Array.from({ length: count }, () => startWorker(mutant));
  return {
    /** Answers of all jobs, in no particular order; `jobs` may be endless, until `isEnough` says so. */
    async run(jobs, onAnswer) {
      const queue = jobs[Symbol.iterator]();
      await Promise.all(workers.map((worker) => drain(worker, queue, onAnswer)));
    },
    stop: () => Promise.all(workers.map((worker) => worker.stop())),
  };
}

async function drain(worker, queue, onAnswer) {
  for (let next = queue.next(); !next.done; next = queue.next()) {
    if ((await onAnswer(await worker.ask(next.value), next.value)) === false) return;
  }
}

function startWorker(mutant) {
  const child = fork(join(FLEET, 'worker.ts'), [], {
    execPath: getProjectNode(),
    execArgv: ['--conditions=tideline:source', '--import', join(FLEET, 'hooks.mjs')],
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, TIDELINE_SIM_MUTANT: mutant ?? '' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let waiting = deferred();
  const ready = waiting.promise;
  child.on('message', (answer) => waiting.resolve(answer));
  child.on('exit', (code) => waiting.reject(new Error(`a simulation process ended (${code})`)));
  const ask = async (job) => {
    await ready;
    waiting = deferred();
    child.send(job);
    return waiting.promise;
  };
  const stop = async () => {
    await ready.catch(() => undefined); // one that has just begun would have nobody to tell that it is ready
    return ended();
  };
  const ended = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      if (child.exitCode !== null) return resolve();
      child.once('exit', resolve);
      child.disconnect();
    });
  return { ask, stop };
}

/** As `Promise.withResolvers`, which Node 20 does not have. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
