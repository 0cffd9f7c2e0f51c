import { parentPort, threadId } from 'node:worker_threads';

export type FixtureRequest = {
  readonly id: number;
  readonly work: 'answer' | 'die' | 'wait';
  readonly gate?: Int32Array;
};
export type FixtureReply = { readonly id: number; readonly threadId: number };

parentPort?.on('message', ({ id, work, gate }: FixtureRequest) => {
  if (work === 'die') throw new Error('the disk caught fire');
  if (work === 'wait' && gate) Atomics.wait(gate, 0, 0);
  parentPort?.postMessage({ id, threadId } satisfies FixtureReply);
});
