import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '@tideline/contracts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Device } from '../enrollment/device.ts';
import type { DoctorAnswer } from '../local-api/messages.ts';
import type { LocalClient } from '../local-api/local-client.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';

export type CliIo = {
  out(text: string): void;
  err(text: string): void;
  /** A person sits at both ends: only then anything is asked. */
  readonly isInteractive: boolean;
  confirm(question: string): Promise<boolean>;
};

export type CliContext = {
  readonly io: CliIo;
  readonly cwd: string;
  readonly version: string;
  readonly nowMs: () => number;
  /** Throws CONFIG_INVALID when a command first needs it. */
  readonly config: () => AgentConfig;
  readonly client: () => LocalClient;
  readonly openDevice: () => Promise<Device>;
  /** Runs until it is told to stop; calls back once it is ready. */
  readonly runAgent: (onReady: () => void) => Promise<void>;
  /** What `doctor` can tell while no agent runs. */
  readonly examineAlone: () => Promise<DoctorAnswer>;
  readonly logout: () => Promise<{ readonly tasks: number }>;
};

/** What a command found out: the value for scripts and the text for people. */
export type CommandResult = { readonly json: unknown; readonly text: string; readonly exitCode?: number };

/** The last command's exit code; commander's actions answer nothing. */
export type Outcome = { exitCode: number };

export type Register = (parent: Command, context: CliContext, outcome: Outcome) => void;

/** Gives a command its `--json` and its action; whatever it throws is for the caller of the program to tell. */
export function onAction<A extends unknown[]>(
  command: Command,
  of: { context: CliContext; outcome: Outcome },
  run: (...args: A) => Promise<CommandResult | undefined>,
): void {
  command.option('--json', 'print one JSON value');
  command.action(async (...args: unknown[]) => {
    const result = await run(...(args as A));
    if (!result) return;
    const { io } = of.context;
    io.out(wantsJson(command) ? JSON.stringify(result.json) : result.text);
    of.outcome.exitCode = result.exitCode ?? EXIT.ok;
  });
}

export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** One clear line: `CODE: sentence What to do`; with `--json` the same as a value on stdout. */
export function tellError(error: unknown, context: Pick<CliContext, 'io' | 'config'>, json: boolean): number {
  const { io } = context;
  const known = error instanceof AppError ? error : new AppError('INTERNAL', {}, { cause: error });
  const text = error instanceof AppError || !(error instanceof Error) ? known.message : error.message;
  const message = toSentence(text);
  const fix = error instanceof AppError ? known.fix : whatToDo(context);
  const { code } = known;
  if (json) io.out(JSON.stringify({ error: { code, message, fix } }));
  else io.err(`${code}: ${message} ${fix}`);
  return exitCodeOf(code);
}

function toSentence(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

/** About an error that nobody foresaw: the log tells more, where there is one. */
function whatToDo({ config }: Pick<CliContext, 'config'>): string {
  try {
    const log = join(config().home, 'logs', 'agent.log');
    if (existsSync(log)) return `See ${log}.`;
  } catch {
    // a configuration that is not valid: the error itself is told all the same
  }
  return 'Try again; `tideline doctor` checks what syncing needs.';
}
