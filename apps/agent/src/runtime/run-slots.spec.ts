import { expect, it } from 'vitest';
import { RunSlots } from './run-slots.ts';

const never = new AbortController().signal;

it('lets as many run as there are slots, the others in order', async () => {
  const slots = new RunSlots(1);
  const order: string[] = [];
  const first = await slots.take(never);
  const waiting = ['second', 'third'].map((name) => slots.take(never).then((release) => (order.push(name), release)));
  first?.();
  const second = await waiting[0];
  expect(order).toEqual(['second']);
  second?.();
  await waiting[1];
  expect(order).toEqual(['second', 'third']);
});

it('gives the turn of one that was called off to the next', async () => {
  const slots = new RunSlots(1);
  const stop = new AbortController();
  const first = await slots.take(never);
  const second = slots.take(stop.signal);
  const third = slots.take(never);
  stop.abort();
  expect(await second).toBeNull();
  first?.();
  expect(await third).not.toBeNull();
});

it('gives the turn on when it comes in the moment it is called off', async () => {
  const slots = new RunSlots(1);
  const stop = new AbortController();
  const first = await slots.take(never);
  const second = slots.take(stop.signal);
  stop.abort();
  first?.();
  await second;
  expect(await slots.take(never)).not.toBeNull();
});

it('frees a slot once, however often it is released', async () => {
  const slots = new RunSlots(1);
  const release = await slots.take(never);
  release?.();
  release?.();
  expect(await slots.take(never)).not.toBeNull();
  const stop = new AbortController();
  const more = slots.take(stop.signal);
  stop.abort();
  expect(await more).toBeNull();
});

it('tells when the first run begins and when the last has ended', async () => {
  const told: string[] = [];
  const slots = new RunSlots(2, { busy: () => void told.push('busy'), idle: () => void told.push('idle') });
  const [first, second] = [await slots.take(never), await slots.take(never)];
  const third = slots.take(never);
  first?.();
  second?.();
  (await third)?.();
  expect(told).toEqual(['busy', 'idle']);
});
