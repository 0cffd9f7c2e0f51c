import { expect, it } from 'vitest';
import { HOLD_KINDS, HOLD_TEXTS } from './holds.ts';
import { problemText, PROBLEM_TEXTS } from './problems.ts';
import { ProblemCode } from './task.ts';

it('every problem and every hold has a sentence for the person and a remedy', () => {
  for (const [message, fix] of [...Object.values(PROBLEM_TEXTS), ...Object.values(HOLD_TEXTS)]) {
    expect(message).toMatch(/^[A-Z{].*\.$/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
  }
  expect(Object.keys(PROBLEM_TEXTS).toSorted()).toEqual([...ProblemCode.options].toSorted());
  expect(Object.keys(HOLD_TEXTS)).toEqual([...HOLD_KINDS]);
});

it('parameters of a problem come into its sentence', () => {
  expect(problemText('REFUSED', { code: 'INTERNAL' }).message).toBe('The server refused it (INTERNAL).');
  expect(problemText('LIMIT_FILES', { max: 10 }).message).toContain('More than 10 files');
});
