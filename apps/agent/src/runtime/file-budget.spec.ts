import { expect, it } from 'vitest';
import type { TaskId } from '@tideline/contracts';
import { FileBudget } from './file-budget.ts';

const [a, b] = ['a' as TaskId, 'b' as TaskId];

it('[G20] [LI-2] admits no file of two tasks that decide at the same time beyond the limit of the device', () => {
  const budget = new FileBudget(() => 1000);
  expect(budget.claim(a, { held: 0, wanted: 700 })).toBe(700);
  expect(budget.claim(b, { held: 100, wanted: 500 })).toBe(200);
  // What was claimed and not made is free again with the next decision.
  expect(budget.claim(a, { held: 650, wanted: 0 })).toBe(0);
  expect(budget.claim(b, { held: 300, wanted: 300 })).toBe(50);
});

it('[LI-2] never asks for files back, and gives the room of a task that ended to the others', () => {
  let max = 100;
  const budget = new FileBudget(() => max);
  expect(budget.claim(a, { held: 90, wanted: 0 })).toBe(0);
  max = 50;
  expect(budget.claim(b, { held: 0, wanted: 10 })).toBe(0);
  budget.release(a);
  expect(budget.claim(b, { held: 0, wanted: 100 })).toBe(50);
});
