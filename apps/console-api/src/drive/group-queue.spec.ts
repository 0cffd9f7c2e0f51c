import { describe, expect, it } from 'vitest';
import { GroupQueue } from './group-queue.ts';

type Job = { readonly name: string; readonly weight?: number; readonly leads?: boolean };
type Run = { readonly names: string[]; readonly end: (failed?: readonly string[]) => Promise<void> };

function openQueue() {
  const runs: Run[] = [];
  const rules = {
    atOnce: 2,
    maxWeight: 10,
    weightOf: (job: Job) => job.weight ?? 1,
    mustLead: (job: Job) => job.leads ?? false,
  };
  const queue = new GroupQueue<Job, string>(rules, (jobs) => {
    const { promise, resolve } = Promise.withResolvers<PromiseSettledResult<string>[]>();
    const end = async (failed: readonly string[] = []) => {
      resolve(
        jobs.map(({ name }) =>
          failed.includes(name)
            ? { status: 'rejected', reason: new Error(name) }
            : { status: 'fulfilled', value: `${name} done` },
        ),
      );
      await new Promise((settled) => setImmediate(settled));
    };
    runs.push({ names: jobs.map(({ name }) => name), end });
    return promise;
  });
  return { queue, runs, groups: () => runs.map((run) => run.names) };
}

describe('the queue of a space', () => {
  it('runs two at once, alone when nobody waits, and makes one group of all who waited, in their order', async () => {
    const { queue, runs, groups } = openQueue();
    const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => queue.add('space', { name }));
    expect(groups()).toEqual([['a'], ['b']]);
    expect(queue.restingJobs).toBe(3);
    await runs[0]!.end();
    expect(groups()).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
    expect(queue.restingJobs).toBe(2);
    await runs[2]!.end();
    await runs[1]!.end();
    expect(queue.restingJobs).toBe(0);
    expect(await Promise.all(answers)).toEqual(['a done', 'b done', 'c done', 'd done', 'e done']);
  });

  it('bounds a group by weight, lets a heavier job go alone, and lets nobody overtake', async () => {
    const { queue, runs, groups } = openQueue();
    const weights = { a: 1, b: 1, c: 6, d: 4, e: 1, f: 50, g: 1 };
    const answers = Object.entries(weights).map(([name, weight]) => queue.add('space', { name, weight }));
    for (let next = 0; next < runs.length; next += 1) await runs[next]!.end();
    expect(groups()).toEqual([['a'], ['b'], ['c', 'd'], ['e'], ['f'], ['g']]);
    await Promise.all(answers);
  });

  it('begins a new group with a job that must lead', async () => {
    const { queue, runs, groups } = openQueue();
    const jobs = [{ name: 'a' }, { name: 'b' }, { name: 'c', leads: true }, { name: 'd' }, { name: 'e', leads: true }];
    const answers = jobs.map((job) => queue.add('space', job));
    for (let next = 0; next < runs.length; next += 1) await runs[next]!.end();
    expect(groups()).toEqual([['a'], ['b'], ['c', 'd'], ['e']]);
    await Promise.all(answers);
  });

  it('fails only those of a group that failed, and goes on', async () => {
    const { queue, runs, groups } = openQueue();
    const answers = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => queue.add('space', { name })));
    await runs[0]!.end(['a']);
    await runs[2]!.end(['d']);
    await runs[1]!.end();
    expect((await answers).map((answer) => answer.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected']);
    const later = queue.add('space', { name: 'later' });
    await runs.at(-1)!.end();
    expect(await later).toBe('later done');
    expect(groups().at(-1)).toEqual(['later']);
  });

  it('fails all of a group whose run throws', async () => {
    const rules = { atOnce: 1, maxWeight: 10, weightOf: () => 1, mustLead: () => false };
    const queue = new GroupQueue<string, string>(rules, () => Promise.reject(new Error('gone')));
    await expect(queue.add('space', 'a')).rejects.toThrow('gone');
    await expect(queue.add('space', 'b')).rejects.toThrow('gone');
  });

  it('keeps spaces apart', async () => {
    const { queue, runs, groups } = openQueue();
    const answers = ['a', 'b', 'c'].map((name) => queue.add(name === 'c' ? 'other' : 'space', { name }));
    expect(groups()).toEqual([['a'], ['b'], ['c']]);
    for (const run of runs) await run.end();
    await Promise.all(answers);
  });
});
