import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { syncFolder, writeFileAtomically } from '../tasks/atomic-file.ts';

export type JsonRead<T> =
  | { readonly t: 'read'; readonly value: T }
  | { readonly t: 'missing' }
  /** It could not be understood and now lies at `asidePath`. */
  | { readonly t: 'damaged'; readonly asidePath: string; readonly reason: string };

/** Reads a state file. What cannot be understood is moved aside, never deleted. A file that cannot be opened throws. */
export function readJsonFile<T>(path: string, schema: z.ZodType<T>): JsonRead<T> {
  if (!existsSync(path)) return { t: 'missing' };
  const parsed = parse(readFileSync(path, 'utf8'), schema);
  if (parsed.t === 'read') return parsed;
  return { t: 'damaged', asidePath: setAside(path), reason: parsed.reason };
}

/** Replaces the file completely or not at all; durable when it returns. */
export function writeJsonFile(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

function parse<T>(text: string, schema: z.ZodType<T>): { t: 'read'; value: T } | { t: 'bad'; reason: string } {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return { t: 'read', value: parsed.data };
    return {
      t: 'bad',
      reason: parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
    };
  } catch (error) {
    return { t: 'bad', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The first free name, so that an earlier damaged file stays, too. */
function setAside(path: string): string {
  for (let count = 1; ; count += 1) {
    const aside = `${path}.damaged-${count}`;
    if (existsSync(aside)) continue;
    renameSync(path, aside);
    syncFolder(dirname(path));
    return aside;
  }
}
