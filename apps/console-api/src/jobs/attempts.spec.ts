import { AppError } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { Attempts, isTransient, MAX_ATTEMPTS } from './attempts.ts';

const failing = (code: string) => Object.assign(new Error(code), { code });
const bug = new Error('a bug');

/** Work whose tries are counted as a table would. */
class Work {
  readonly id = 'work';
  attempts = 0;
  ran = 0;
  gaveUp = 0;
  /** Whether the database answers. */
  isAway = false;
  constructor(private readonly outcome: () => void) {}

  readonly begin = (count: 0 | 1) => Promise.resolve((this.attempts += count));
  readonly run = async () => {
    this.ran += 1;
    await Promise.resolve().then(this.outcome);
    this.attempts = 0;
  };
  readonly forgive = async () => {
    if (this.isAway) throw failing('ECONNREFUSED');
    this.attempts -= 1;
  };
  readonly giveUp = async () => void (this.gaveUp += 1);
}

async function tried(work: Work, attempts: Attempts, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await attempts.try(work).catch(() => undefined);
}

describe('attempts', () => {
  it('are given up after so many in a row', async () => {
    const work = new Work(() => {
      throw bug;
    });
    const attempts = new Attempts();
    await tried(work, attempts, MAX_ATTEMPTS - 1);
    expect(work.gaveUp).toBe(0);
    await expect(attempts.try(work)).rejects.toBe(bug);
    expect([work.ran, work.gaveUp]).toEqual([MAX_ATTEMPTS, 1]);
  });

  it('that ended with the process count: the next one is not made', async () => {
    const work = new Work(() => undefined);
    work.attempts = MAX_ATTEMPTS;
    await new Attempts().try(work);
    expect([work.ran, work.gaveUp]).toEqual([0, 1]);
  });

  it('count anew after one that got on', async () => {
    let time = 0;
    const work = new Work(() => {
      if ((time += 1) !== MAX_ATTEMPTS) throw bug;
    });
    await tried(work, new Attempts(), 2 * MAX_ATTEMPTS - 1);
    expect(work.gaveUp).toBe(0);
  });

  it.each([false, true])('that fail by what passes do not count (the database away: %s)', async (isAway) => {
    const errors = [failing('40P01'), failing('57P01'), new Error('Connection terminated unexpectedly')];
    let time = 0;
    const work = new Work(() => {
      throw errors[(time += 1) % errors.length] as Error;
    });
    work.isAway = isAway;
    const attempts = new Attempts();
    await tried(work, attempts, 3 * MAX_ATTEMPTS);
    expect([work.ran, work.gaveUp, work.attempts]).toEqual([3 * MAX_ATTEMPTS, 0, Number(isAway)]);
    work.isAway = false;
    await tried(work, attempts, 1);
    expect(work.attempts).toBe(0);
  });

  it.each<[string, unknown, boolean]>([
    ['a deadlock', failing('40P01'), true],
    ['a serialization failure', failing('40001'), true],
    ['a lock that was not there', failing('55P03'), true],
    ['a database that stops', failing('57P01'), true],
    ['too many connections', failing('53300'), true],
    ['a disk that is full', failing('53100'), true],
    ['a connection that broke', failing('08006'), true],
    ['nobody there', failing('ECONNREFUSED'), true],
    ['one of TypeORM', Object.assign(new Error(), { driverError: failing('08006') }), true],
    ['a connection that ended', new Error('Connection terminated'), true],
    ['a console that cannot', new AppError('UNAVAILABLE'), true],
    ['a statement that took too long', failing('57014'), false],
    ['a constraint', failing('23505'), false],
    ['a bug', new TypeError('x is undefined'), false],
    ['a refusal', new AppError('FORBIDDEN'), false],
  ])('%s', (_, error, passes) => {
    expect(isTransient(error)).toBe(passes);
  });
});
