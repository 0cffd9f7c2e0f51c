import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@tideline/contracts';
import { writeFileAtomically } from '../tasks/atomic-file.ts';

/** Where the running agent of a home can be reached; a 0600 file, because it holds the token of the loopback port. */
export const Endpoint = z.object({
  socketPath: z.string(),
  port: z.int(),
  token: z.string(),
  pid: z.int(),
});
export type Endpoint = z.infer<typeof Endpoint>;

const FILE = 'local-api.json';
/** The kernel's limit for the path of a socket is 108 bytes (104 on macOS), its end included. */
const MAX_SOCKET_PATH_BYTES = 100;

/** In the home; where that path is too long, in a folder of this user's own in the temporary folder. */
export function socketPathFor(home: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\tideline-${shortHash(home)}`;
  const inHome = join(home, 'agent.sock');
  if (Buffer.byteLength(inHome) <= MAX_SOCKET_PATH_BYTES) return inHome;
  return join(ownTemporaryFolder(), `${shortHash(home)}.sock`);
}

export function saveEndpoint(home: string, endpoint: Endpoint): void {
  writeFileAtomically(join(home, FILE), `${JSON.stringify(endpoint)}\n`);
}

export function removeEndpoint(home: string): void {
  rmSync(join(home, FILE), { force: true });
}

/** Undefined when no agent runs here, or none has run yet. */
export function findEndpoint(home: string): Endpoint | undefined {
  try {
    return Endpoint.parse(JSON.parse(readFileSync(join(home, FILE), 'utf8')));
  } catch {
    return undefined; // absent, or half of an older version: either way nobody can be reached through it
  }
}

function ownTemporaryFolder(): string {
  const folder = join(tmpdir(), `tideline-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  // The temporary folder is everybody's: a folder of that name may be somebody else's trap.
  if (!facts.isDirectory() || facts.uid !== userInfo().uid) {
    throw new AppError('CONFIG_INVALID', {
      reason: `${folder} belongs to somebody else; use a shorter TIDELINE_HOME.`,
    });
  }
  chmodSync(folder, 0o700);
  return folder;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}
