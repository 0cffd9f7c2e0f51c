#!/usr/bin/env node
/**
 * `npm run sim`: plays whole fleets of devices in virtual worlds (docs/simulation.md). Plain JavaScript for Node 20.
 *
 *   npm run sim -- --seed 1 --runs 2000        plays the seeds 1 to 2000 on all cores but leaves them to others when asked
 *   npm run sim -- --replay 17 [--log]         plays one seed again, with what happened
 *   npm run sim -- --replay 17 --shrink        looks for fewer steps that break the same rule
 *   npm run sim -- --plan file.json [--log]    plays a plan that was written by --shrink --out file.json
 *   npm run sim -- --sweep --seed 1 --runs 3   crashes small plans at every single call, one play each
 *   npm run sim -- --seed 2001 --runs 48000 --record file    a line for each thousand; begun again, it goes on where it was
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './lib/install.mjs';
import { say, sayError } from './lib/output.mjs';
import { playRecorded } from './lib/sim-record.mjs';
import { playSweeps } from './lib/sim-sweep.mjs';
import { startSimWorkers } from './lib/sim-workers.mjs';

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  runs: { type: 'string' },
  workers: { type: 'string', default: String(Math.min(8, availableParallelism())) },
  replay: { type: 'string' },
  plan: { type: 'string' },
  small: { type: 'boolean', default: false },
  slices: { type: 'boolean', default: false },
  shrink: { type: 'boolean', default: false },
  sweep: { type: 'boolean', default: false },
  record: { type: 'string' },
  log: { type: 'boolean', default: false },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  'keep-going': { type: 'boolean', default: false },
};
/** Every so many runs one is played twice, to see that a seed is a run. */
const TWICE_EVERY = 50;
const PROGRESS_MS = 10_000;
const RUNS = 200;
/** A small plan has hundreds of calls of ports and thousands of system calls. */
const SWEPT_PLANS = 3;

async function main() {
  const { values } = parseArgs({ options: OPTIONS, args: process.argv.slice(2) });
  await ensureInstalled();
  if (values.replay !== undefined || values.plan !== undefined) return replay(values);
  const range = rangeOf(values);
  const pool = startSimWorkers(Math.max(1, Number(values.workers)));
  try {
    if (values.sweep) return (await playSweeps({ pool, ...range, out: values.out })) ? 0 : 1;
    if (values.record === undefined) return await playMany(pool, range, values);
    const { small, slices, record: file } = values;
    const jobsOf = (slice) => jobsFrom({ ...slice, small, slices });
    return (await playRecorded({ pool, jobsFrom: jobsOf, ...range, file })) ? 0 : 1;
  } finally {
    await pool.stop();
  }
}

function rangeOf({ seed, runs, sweep }) {
  const [first, count] = [Number(seed), Number(runs ?? (sweep ? SWEPT_PLANS : RUNS))];
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    throw new Error('--seed and --runs want whole numbers');
  }
  return { first, count };
}

async function playMany(pool, { first, count }, { small, slices, json, 'keep-going': keepGoing }) {
  const startedAt = Date.now();
  const sums = { runs: 0, acts: 0, faults: 0, crashes: 0, cycles: 0, ops: 0 };
  const failures = [];
  let lastSaid = startedAt;
  await pool.run(jobsFrom({ first, count, small, slices }), ({ seed: played, stats, failure }) => {
    sums.runs += 1;
    for (const key of ['acts', 'faults', 'crashes', 'cycles', 'ops']) sums[key] += stats?.[key] ?? 0;
    if (failure) failures.push({ seed: played, ...failure });
    if (failure && !json) sayFailure({ seed: played, small, slices, failure });
    if (!json && Date.now() - lastSaid > PROGRESS_MS) {
      lastSaid = Date.now();
      say(`${sums.runs} of ${count} runs, ${failures.length} failed`);
    }
    return failures.length === 0 || keepGoing;
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  if (json) say(JSON.stringify({ firstSeed: first, ...sums, seconds, failures }));
  else
    say(
      `seeds ${first} to ${first + count - 1}: ${sums.runs} runs with ${sums.acts} user actions, ${sums.faults} faults, ` +
        `${sums.crashes} crashes, ${sums.cycles} cycles, ${sums.ops} operations; ${failures.length} failed (${seconds} s)`,
    );
  return failures.length === 0 ? 0 : 1;
}

function* jobsFrom({ first, count, small, slices }) {
  for (let seed = first; seed < first + count; seed++) {
    yield { t: 'run', seed, isSmall: small, inSlices: slices, twice: seed % TWICE_EVERY === 0 };
  }
}

function sayFailure({ seed, small, slices, failure }) {
  say(`seed ${seed} breaks ${failure.invariant}: ${failure.message}`);
  say(
    `  play it again: npm run sim -- --replay ${seed}${small ? ' --small' : ''}${slices ? ' --slices' : ''} --shrink --log`,
  );
}

async function replay({ replay: seed, plan, small, slices, shrink, log, out, json }) {
  const pool = startSimWorkers(1);
  try {
    const job =
      plan === undefined
        ? { t: 'seed', seed: Number(seed), isSmall: small, inSlices: slices, isShrunk: shrink, withLog: log }
        : { t: 'plan', plan: JSON.parse(readFileSync(plan, 'utf8')), isShrunk: shrink, withLog: log };
    let result;
    await pool.run([job], (answer) => {
      result = answer;
    });
    if (json) say(JSON.stringify(result));
    else sayOutcome(result);
    if (out !== undefined && result.plan) writeFileSync(out, `${JSON.stringify(result.plan, null, 1)}\n`);
    return result.failure ? 1 : 0;
  } finally {
    await pool.stop();
  }
}

function sayOutcome({ failure, stats, plan, log = [] }) {
  for (const line of log) say(line);
  if (failure && plan) for (const step of plan.steps) say(JSON.stringify(step));
  say(JSON.stringify(stats));
  say(failure ? `breaks ${failure.invariant}: ${failure.message}` : 'everything held');
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    sayError('SIM_FAILED', error.message, 'See docs/simulation.md for the options.');
    process.exitCode = 2;
  },
);
