import { AppError } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { runGroup } from './run-group.ts';

const databaseError = (code: string) => Object.assign(new Error(code), { code });

/** Commits what `fails` lets pass, and remembers who was committed with whom. */
async function run(jobs: readonly [string, ...string[]], fails: (jobs: readonly string[], attempt: number) => unknown) {
  const attempts: string[] = [];
  const results = await runGroup(jobs, async (group) => {
    attempts.push(group.join(' '));
    const failure = fails(group, attempts.length);
    if (failure instanceof Error) throw failure;
    return Promise.resolve(group.map((job) => `${job} done`));
  });
  const told = results.map((result) =>
    result.status === 'fulfilled' ? result.value : (result.reason as { code?: string }).code,
  );
  return { attempts, told };
}

describe('runGroup', () => {
  it('commits a group in one', async () => {
    const { attempts, told } = await run(['a', 'b'], () => undefined);
    expect(attempts).toEqual(['a b']);
    expect(told).toEqual(['a done', 'b done']);
  });

  it.each([
    ['the database refuses', databaseError('22P05')],
    ['we refuse', new AppError('FORBIDDEN')],
    ['a statement takes too long', databaseError('57014')],
  ])('commits each by itself when %s, and fails only who fails alone', async (_, failure) => {
    const { attempts, told } = await run(['a', 'bad', 'c'], (group) => group.includes('bad') && failure);
    expect(attempts).toEqual(['a bad c', 'a', 'bad', 'c']);
    expect(told).toEqual(['a done', failure.code, 'c done']);
  });

  it('looks once more at who fails by a race with another space', async () => {
    const group = await run(
      ['a', 'race'],
      (jobs, attempt) => attempt < 4 && jobs.includes('race') && databaseError('23505'),
    );
    expect(group.attempts).toEqual(['a race', 'a', 'race', 'race']);
    expect(group.told).toEqual(['a done', 'race done']);
    const alone = await run(['race'], (_, attempt) => attempt < 2 && databaseError('23505'));
    expect(alone.told).toEqual(['race done']);
    const never = await run(['race'], () => databaseError('23505'));
    expect(never).toEqual({ attempts: ['race', 'race'], told: ['23505'] });
  });

  it.each([databaseError('08006'), databaseError('57P01'), databaseError('ECONNRESET'), databaseError('EPIPE')])(
    'commits nothing again when it is not known what became of it: %s',
    async (failure) => {
      const { attempts, told } = await run(['a', 'b'], () => failure);
      expect(attempts).toEqual(['a b']);
      expect(told).toEqual([failure.code, failure.code]);
    },
  );
});
