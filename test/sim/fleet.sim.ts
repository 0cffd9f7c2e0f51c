import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSimWorkers } from '../../tools/lib/sim-workers.mjs';

type Stats = { acts: number; faults: number; crashes: number; cycles: number; ops: number };
type Answer = { seed: number; stats: Stats; failure: { invariant: string; message: string } | null };

/** `SIM_RUNS=20` plays so many times as many; `SIM_SEED` begins at another seed. Seeds are fixed: a run of the tests is a run. */
const FACTOR = Number(process.env['SIM_RUNS'] ?? 1);
const FIRST = Number(process.env['SIM_SEED'] ?? 1);
/** A process for each core; there are two at the least. */
const WORKERS = Math.max(2, Math.min(8, availableParallelism()));
const PROGRESS_MS = 15_000;
const REGRESSIONS = new URL('./fleet/regressions/', import.meta.url);

/** Against hanging alone: a machine may be busy, and whatever a run does, it does in virtual time. */
vi.setConfig({ testTimeout: 1_200_000 * Math.max(1, FACTOR) });

let pool: ReturnType<typeof startSimWorkers>;
beforeAll(() => {
  pool = startSimWorkers(WORKERS);
});
afterAll(() => pool.stop());

let underWay = 0;
async function run(...given: Parameters<typeof pool.run>): Promise<void> {
  underWay += 1;
  await pool.run(...given);
  underWay -= 1;
}
/** The processes of a test that ran into its limit are at work for it still: the next one gets others. */
afterEach(() => {
  if (underWay === 0) return;
  underWay = 0;
  void pool.stop();
  pool = startSimWorkers(WORKERS);
});

async function play(jobs: readonly object[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let lastSaidMs = Date.now();
  await run(jobs, (answer) => {
    answers.push(answer as Answer);
    if (Date.now() - lastSaidMs < PROGRESS_MS) return;
    lastSaidMs = Date.now();
    console.info(`${answers.length} of ${jobs.length} runs, ${failures(answers).length} failed`);
  });
  return answers;
}

type Kind = { isSmall: boolean; inSlices?: boolean; withHfs?: boolean };

function seeds(count: number, of: Kind, open: ReadonlySet<number> = new Set()): object[] {
  const all = Array.from({ length: count }, (_, index) => FIRST + index);
  return all.filter((seed) => !open.has(seed)).map((seed) => ({ t: 'run', seed, ...of, twice: seed % 50 === 0 }));
}

/** Whole runs that break a rule are listed in the docs, each by its seed; whoever mends one takes it out there, and it is played. */
function openSeeds(): ReadonlySet<number> {
  const text = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');
  const rows = text.matchAll(/^\| I\d+ \| (\d+(?:, \d+)*) +\|$/gm);
  return new Set([...rows].flatMap(([, list = '']) => list.split(', ').map(Number)));
}

/** Whole runs: 3 devices, 100 actions, 20 faults and a crash at the least. */
const WHOLE_SEEDS = 2000;
const LEAST = { acts: 100, faults: 20, crashes: 1 };
/** Small plans, of which each is played some hundred times. */
const SWEPT_SEEDS = [2, 3];

function told(answers: readonly Answer[]): string {
  const sum = (key: keyof Stats) => answers.reduce((total, { stats }) => total + stats[key], 0);
  return `seeds from ${FIRST}: ${answers.length} runs, ${sum('acts')} actions, ${sum('faults')} faults, ${sum('crashes')} crashes`;
}

/** `flags`: how these runs are played again. */
function failures(answers: readonly Answer[], flags = ''): string[] {
  const broken = answers.flatMap(({ seed, failure }) => (failure ? [{ seed, failure }] : []));
  return broken.map(({ seed, failure: { invariant, message } }) => {
    return `seed ${seed} breaks ${invariant}: ${message}; again: npm run sim -- --replay ${seed}${flags} --shrink --log`;
  });
}

describe('fleets of devices, the whole engine in virtual worlds', () => {
  it('[SA-1] [SA-2] [SA-3] [SA-4] [SA-5] [SY-2] keep every invariant in short lives', async () => {
    const answers = await play(seeds(Math.ceil(200 * FACTOR), { isSmall: true }));
    console.info(told(answers));
    expect(failures(answers, ' --small')).toEqual([]);
  });

  it('[SA-1] [SA-2] [SY-37] keep every invariant when each folder of what is new is decided about by itself', async () => {
    const answers = await play(seeds(Math.ceil(100 * FACTOR), { isSmall: true, inSlices: true }));
    console.info(told(answers));
    expect(failures(answers, ' --small --slices')).toEqual([]);
  });
});

describe('lives of whole fleets', () => {
  it('[SA-1] [SA-2] [SA-3] [SA-4] [SA-5] [SY-2] keep every invariant, and enough happens in each', async () => {
    const answers = await play(seeds(Math.ceil(WHOLE_SEEDS * FACTOR), { isSmall: false }, openSeeds()));
    console.info(told(answers));
    expect(failures(answers)).toEqual([]);
    expect(answers.filter(({ stats }) => stats.acts < LEAST.acts || stats.faults < LEAST.faults)).toEqual([]);
    expect(answers.filter(({ stats }) => stats.crashes < LEAST.crashes)).toEqual([]);
  });

  it('[SA-1] [F13] keep every invariant on disks that give names back decomposed', async () => {
    const answers = await play(seeds(Math.ceil(60 * FACTOR), { isSmall: true, withHfs: true }));
    console.info(told(answers));
    expect(failures(answers, ' --small (with SIM_HFS=1)')).toEqual([]);
  });
});

type Swept = { plays: number; crashes: number; failures: { at: string; failure: Answer['failure'] }[] };

describe('a crash at every single call', () => {
  it.each([
    { on: 'port', what: 'of a port' },
    { on: 'write', what: 'that writes to the journal' },
  ])('[SA-1] [K01] $what breaks no rule', async ({ on }) => {
    const answers: Swept[] = [];
    const jobs = SWEPT_SEEDS.map((seed) => ({ t: 'sweep', seed, on }));
    await run(jobs, (answer) => void answers.push(answer as Swept));
    expect(answers.flatMap(({ failures: found }) => found.map(({ at, failure }) => ({ at, failure })))).toEqual([]);
    // All but the plays that only count the calls have crashed.
    for (const { plays, crashes } of answers) expect(crashes).toBeGreaterThanOrEqual(plays - 1);
    expect(Math.min(...answers.map(({ plays }) => plays))).toBeGreaterThan(50);
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

const MOST_TRIES = 100;
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
      // What a seed does changes with the engine: the next ones are played until the mistake shows.
      const jobs = Array.from({ length: MOST_TRIES }, (_, more) => ({ t: 'run', seed: seed + more, isSmall: true }));
      let found: Answer['failure'] = null;
      await wrong.run(jobs, (answer) => {
        found = (answer as Answer).failure;
        return found === null;
      });
      expect(found).toMatchObject({ invariant: caughtBy });
    } finally {
      await wrong.stop();
    }
  });
});
