#!/usr/bin/env node
/**
 * `npm test`: everything that must hold, step by step; `--only format,lint,…` for some of it, `--all` for far more cases of
 * what chance decides. Plain JavaScript for Node 20.
 */
import { build } from './build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { say } from './lib/output.mjs';
import { STEPS } from './lib/test-steps.mjs';

const MAX_SKIPPED_SHOWN = 20;
const BUILD_STEP = { name: 'build', run: () => build().then(() => ({ passed: 1, failed: 0, skipped: [] })) };

async function main() {
  if (process.argv.includes('--all')) askForMore();
  const steps = chooseSteps(process.argv.slice(2));
  await ensureInstalled();
  const results = [];
  // The tests of processes run what is built; when the build fails, the rest still tells more.
  if (!steps.some((step) => step.name === 'types')) results.push(await runStep(BUILD_STEP));
  for (const step of steps) results.push(await runStep(step));
  saySummary(results);
  return results.some((result) => result.failed > 0) ? 1 : 0;
}

/** `npm run test:all`: takes an hour rather than minutes. */
function askForMore() {
  process.env.SIM_RUNS ??= '20';
  process.env.COLLECTOR_SEEDS ??= '40';
  process.env.RESTORE_SEEDS ??= '60';
  process.env.FEED_SEEDS ??= '40';
  process.env.TIDELINE_SEEDS ??= Array.from({ length: 10 }, (_, index) => 101 + index).join(',');
  process.env.TIDELINE_TEST_PATIENCE ??= '20';
}

function chooseSteps(args) {
  const only = args[0] === '--only' ? (args[1] ?? '').split(',') : STEPS.map((step) => step.name);
  const unknown = only.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no step "${unknown}"; ${STEPS.map((step) => step.name).join(', ')}`);
  return STEPS.filter((step) => only.includes(step.name));
}

async function runStep(step) {
  say(`\n── ${step.name} ──`);
  const startedAt = Date.now();
  const result = await step.run().catch((error) => {
    say(error.message);
    return { passed: 0, failed: 1, skipped: [] };
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  say(
    `${step.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped (${seconds} s)`,
  );
  return { ...step, ...result, seconds };
}

function saySummary(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const skipped = results.flatMap((result) => result.skipped.map((name) => `${result.name}: ${name}`));
  say('\n── summary ──');
  for (const { name, passed, failed, seconds } of results) {
    say(`${failed ? 'FAILED' : 'ok    '} ${name.padEnd(12)} ${passed} passed, ${failed} failed, ${seconds} s`);
  }
  for (const name of skipped.slice(0, MAX_SKIPPED_SHOWN)) say(`skipped ${name}`);
  if (skipped.length > MAX_SKIPPED_SHOWN) say(`skipped ${skipped.length - MAX_SKIPPED_SHOWN} more`);
  say(`${sum('passed')} passed, ${sum('failed')} failed${skipped.length ? `, ${skipped.length} skipped` : ''}`);
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    say(error.message);
    say('0 passed, 1 failed');
    process.exitCode = 1;
  },
);
