import 'reflect-metadata';
import { AppError } from '@tideline/contracts';
import { countBuffersAsHeap } from './app/buffer-memory.ts';
import { startConsole } from './app/console.ts';
import { readServerConfig } from './config/server-config.ts';

/** How long open requests may take to end; after that the process ends without them. */
const STOP_TIMEOUT_MS = 12_000;

async function main(): Promise<void> {
  countBuffersAsHeap();
  const asked = whenAskedToStop();
  const running = await startConsole(readServerConfig(process.env));
  process.stdout.write(`ready ${running.url}\n`);
  await asked;
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  await running.stop();
}

/** By a signal, or by the process that started this one: it says `stop`, or is gone. */
function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    process.on('message', (message) => message === 'stop' && resolve());
    process.on('disconnect', () => resolve());
  });
}

/** One line that says what to do. */
function toLine(error: unknown): string {
  if (error instanceof AppError) return `${error.code}: ${toSentence(error.message)} ${error.fix}`;
  return `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function toSentence(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${toLine(error)}\n`, () => process.exit(1));
  },
);
