import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '@tideline/contracts';
import { z } from 'zod';

const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/** An empty variable counts as not set, as shells make it easy to leave one behind. */
const text = z
  .string()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

const Environment = z.object({
  TIDELINE_HOME: text,
  XDG_STATE_HOME: text,
  /** PEM file of a private certificate authority to trust besides the system's. */
  TIDELINE_CA: text,
  TIDELINE_KEY_STORE: text.pipe(z.enum(['auto', 'file']).default('auto')),
  TIDELINE_LOG_LEVEL: text.pipe(LogLevel.default('info')),
  /** Enrollment token, so that it need not stand on a command line. */
  TIDELINE_TOKEN: text,
});

export type AgentConfig = {
  /** The agent's state directory, absolute. Several agents on one machine are several homes. */
  readonly home: string;
  /** Names the state directories of all agents of this person on this machine (LI-6). */
  readonly homesFolder: string;
  readonly caPath: string | null;
  /** `auto`: the OS keychain, or a file where there is none. Decides only where a new key goes; an old one stays where it is. */
  readonly keyStore: 'auto' | 'file';
  readonly logLevel: z.infer<typeof LogLevel>;
  readonly enrollmentToken: string | null;
};

type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly cwd: string;
};

/** Read once, at the start; everything that is wrong is named together. */
export function loadAgentConfig({ env, userHome, cwd }: Surroundings): AgentConfig {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new AppError('CONFIG_INVALID', { reason });
  }
  const { TIDELINE_HOME, TIDELINE_CA, XDG_STATE_HOME } = parsed.data;
  return Object.freeze({
    home: TIDELINE_HOME ? resolve(cwd, TIDELINE_HOME) : join(stateFolder(userHome, XDG_STATE_HOME), 'tideline'),
    homesFolder: join(stateFolder(userHome, XDG_STATE_HOME), 'tideline-homes'),
    caPath: TIDELINE_CA ? resolve(cwd, TIDELINE_CA) : null,
    keyStore: parsed.data.TIDELINE_KEY_STORE,
    logLevel: parsed.data.TIDELINE_LOG_LEVEL,
    enrollmentToken: parsed.data.TIDELINE_TOKEN ?? null,
  });
}

/** XDG: a relative state directory is to be ignored. */
function stateFolder(userHome: string, stateHome: string | undefined): string {
  return stateHome && isAbsolute(stateHome) ? stateHome : join(userHome, '.local', 'state');
}
