import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { say } from './output.mjs';

/** So many seeds make a line of a record. */
const SLICE = 1000;
/** A run counts in full when so much happened in it; one that broke a rule ended before. */
const WHOLE = { acts: 100, faults: 20, crashes: 1 };

/**
 * Plays a long range slice by slice and writes a line of JSON for each into a file. What the file has already is not played again:
 * the same command, begun again, goes on after the last whole slice. Answers whether every slice of the range held.
 */
export async function playRecorded({ pool, jobsFrom, first, count, file }) {
  const lines = linesOf(file);
  const known = new Map(lines.map((line) => [`${line.first}+${line.count}`, line]));
  let broken = 0;
  for (let at = first; at < first + count; at += SLICE) {
    const slice = { first: at, count: Math.min(SLICE, first + count - at) };
    const line = known.get(`${slice.first}+${slice.count}`) ?? (await playSlice(pool, jobsFrom, slice));
    if (!lines.includes(line)) appendFileSync(file, `${JSON.stringify(line)}\n`);
    broken += line.failures.length;
    say(told(line));
  }
  return broken === 0;
}

function linesOf(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

async function playSlice(pool, jobsFrom, slice) {
  const startedAt = Date.now();
  const line = { ...slice, whole: 0, acts: 0, faults: 0, crashes: 0, failures: [] };
  await pool.run(jobsFrom(slice), ({ seed, stats, failure }) => {
    if (Object.entries(WHOLE).every(([key, least]) => (stats?.[key] ?? 0) >= least)) line.whole += 1;
    for (const key of Object.keys(WHOLE)) line[key] += stats?.[key] ?? 0;
    if (failure) line.failures.push({ seed, invariant: failure.invariant, message: failure.message.slice(0, 200) });
  });
  line.failures.sort((a, b) => a.seed - b.seed);
  return { ...line, seconds: Math.round((Date.now() - startedAt) / 1000) };
}

function told({ first, count, whole, acts, faults, crashes, failures, seconds }) {
  const broken = failures.map(({ seed, invariant }) => `${seed} ${invariant}`).join(', ');
  return (
    `seeds ${first} to ${first + count - 1}: ${whole} whole runs, ${acts} actions, ${faults} faults, ${crashes} crashes; ` +
    `${failures.length} broke a rule${broken === '' ? '' : ` (${broken})`} (${seconds} s)`
  );
}
