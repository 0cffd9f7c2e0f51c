import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSimWorkers } from '../../tools/lib/sim-workers.mjs';

type Stats = { acts: number; faults: number; crashes: number; cycles: number; ops: number };
type Answer = { seed: number; stats: Stats; failure: { invariant: string; message: string } | null };

/** `SIM_RUNS=20` plays so many times as many; `SIM_SEED` begins at another seed. Seeds are fixed: a run of the tests is a run. */
const FACTOR = Number(process.env['SIM_RUNS'] ?? 1);
const FIRST = Number(process.env['SIM_SEED'] ?? 1);
const WORKERS = 2;
const REGRESSIONS = new URL('./fleet/regressions/', import.meta.url);

/** A machine may be busy; whatever a run does, it does in virtual time. */
vi.setConfig({ testTimeout: 280_000 * FACTOR });

let pool: ReturnType<typeof startSimWorkers>;
beforeAll(() => {
  pool = startSimWorkers(WORKERS);
});
afterAll(() => pool.stop());

async function play(jobs: readonly object[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  await pool.run(jobs, (answer) => {
    answers.push(answer as Answer);
  });
  return answers;
}

function seeds(count: number, of: { isSmall: boolean; inSlices?: boolean }): object[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = FIRST + index;
    return { t: 'run', seed, ...of, twice: seed % 50 === 0 };
  });
}

function told(answers: readonly Answer[]): string {
  const sum = (key: keyof Stats) => answers.reduce((total, { stats }) => total + stats[key], 0);
  return `seeds from ${FIRST}: ${answers.length} runs, ${sum('acts')} actions, ${sum('faults')} faults, ${sum('crashes')} crashes`;
}

const failures = (answers: readonly Answer[]) =>
  answers.flatMap(({ seed, failure }) => (failure ? [`${seed}: ${failure.invariant} ${failure.message}`] : []));

describe('fleets of devices, the whole engine in virtual worlds', () => {
  it('[SA-1] [SA-2] [SA-3] [SA-4] [SA-5] [SY-2] keep every invariant in short lives', async () => {
    const answers = await play(seeds(Math.ceil(200 * FACTOR), { isSmall: true }));
    console.info(told(answers));
    expect(failures(answers)).toEqual([]);
  });

  it('[SA-1] [SA-2] [SY-37] keep every invariant when each folder of what is new is decided about by itself', async () => {
    const answers = await play(seeds(Math.ceil(100 * FACTOR), { isSmall: true, inSlices: true }));
    console.info(told(answers));
    expect(failures(answers)).toEqual([]);
  });
});

describe('what a simulation has found', () => {
  it.each(
    readdirSync(REGRESSIONS).map((file) => {
      const { title, plan } = JSON.parse(readFileSync(new URL(file, REGRESSIONS), 'utf8')) as {
        title: string;
        plan: object;
      };
      return { title, plan };
    }),
  )('$title', async ({ plan }) => {
    const [answer] = await play([{ t: 'plan', plan, isShrunk: false, withLog: false }]);
    expect(answer?.failure).toBeNull();
  });
});

type Mutant = { readonly caughtBy: string; readonly seed: number };
const MUTANTS = JSON.parse(readFileSync(new URL('./fleet/mutants.json', import.meta.url), 'utf8')) as Record<
  string,
  Mutant
>;

/** Deliberate mistakes in the sources or in a fake, each loaded in place of the line it stands for. */
describe('a mistake is seen by the invariant that is there for it', () => {
  it.concurrent.each(Object.entries(MUTANTS))('[SA-1] when %s', async (mutant, { caughtBy, seed }) => {
    const wrong = startSimWorkers(1, { mutant });
    try {
      const answers: Answer[] = [];
      await wrong.run([{ t: 'run', seed, isSmall: true, twice: false }], (answer) => {
        answers.push(answer as Answer);
      });
      expect(answers[0]?.failure?.invariant).toBe(caughtBy);
    } finally {
      await wrong.stop();
    }
  });
});
