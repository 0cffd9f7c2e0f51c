import { writeFileSync } from 'node:fs';
import { say } from './output.mjs';

/** Calls of ports, steps of the journal, system calls (`test/sim/fleet/sweep.ts`). */
const SWEPT_CALLS = ['port', 'write', 'call'];

/** Small plans, crashed at every call of each device, one play each. Answers whether everything held. */
export async function playSweeps({ pool, first, count, out }) {
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const jobs = seeds.flatMap((seed) => SWEPT_CALLS.map((on) => ({ t: 'sweep', seed, on })));
  let broken = null;
  await pool.run(jobs, ({ seed, on, plays, failures, failure }) => {
    if (failure) failures = [{ at: 'the sweep itself', failure, plan: null }];
    say(`seed ${seed}, every ${on}: ${plays} plays, ${failures.length} broke a rule`);
    for (const each of failures) say(`  ${each.at}: ${each.failure.invariant} ${each.failure.message}`);
    broken ??= failures[0] ?? null;
  });
  if (broken?.plan && out !== undefined) writeFileSync(out, `${JSON.stringify(broken.plan, null, 1)}\n`);
  return broken === null;
}
