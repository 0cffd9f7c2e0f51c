import { appendFileSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import type { FileVersion } from '@tideline/sync-core';
import { findStat } from './disk-context.ts';
import type { FolderHandle } from './folder-handle.ts';

/** What is written down beside a file or folder in staging: where it came from and goes to, when, and what it looks like. */
export type Note = {
  readonly path: string;
  /** Where it goes to; `path` for what is only out of the way. */
  readonly target: string;
  readonly atMs: number;
  readonly size: number;
  readonly mtimeNs: string;
  /** As it stands in staging; undefined when a kill came before that could be told. */
  readonly ctimeNs: string | undefined;
  /** Size of the file that is to stand at `path` instead; 0 when nothing is. */
  readonly nextSize: number;
  /** Whose content it is, as far as that is known. */
  readonly holds: FileVersion | undefined;
  /** Something may have been, or be, written to it without any sign: only its bytes tell. */
  readonly isInDoubt: boolean;
};

export const noteName = (name: string): string => `${name}.json`;

/** A note grows by lines, each of them JSON; what a later line says holds. */
export function addToNote(folder: FolderHandle, name: string, part: Partial<Note>): void {
  appendFileSync(folder.at(noteName(name)), `${JSON.stringify(part)}\n`);
}

export function beginNote(folder: FolderHandle, name: string, note: Omit<Note, 'ctimeNs'>): void {
  writeFileSync(folder.at(noteName(name)), `${JSON.stringify(note)}\n`, { flag: 'wx' });
}

/** Undefined too when it was lost or cut off by a power failure: then the file is rescued under its own name. */
export function findNote(folder: FolderHandle, name: string): Note | undefined {
  try {
    const lines = readFileSync(folder.at(noteName(name)), 'utf8').split('\n');
    return toNote(Object.assign({}, ...lines.map(parseLine)) as Fields);
  } catch {
    return undefined;
  }
}

/** The last line may be cut off. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

type Fields = Partial<Record<keyof Note, unknown>>;

function toNote(value: Fields): Note | undefined {
  const { path, target = path, atMs, size, mtimeNs, ctimeNs, nextSize = 0, isInDoubt } = value;
  if (typeof path !== 'string' || typeof target !== 'string' || !isInteger(mtimeNs)) return undefined;
  if (typeof atMs !== 'number' || typeof size !== 'number' || typeof nextSize !== 'number') return undefined;
  return {
    ...{ path, target, atMs, size, mtimeNs, ctimeNs: isInteger(ctimeNs) ? ctimeNs : undefined, nextSize },
    ...{ holds: toVersion(value.holds), isInDoubt: isInDoubt === true },
  };
}

function toVersion(value: unknown): FileVersion | undefined {
  const { nodeId, contentId } = (value ?? {}) as Partial<Record<keyof FileVersion, unknown>>;
  return typeof nodeId === 'string' && typeof contentId === 'string' ? { nodeId, contentId } : undefined;
}

const isInteger = (value: unknown): value is string => typeof value === 'string' && /^-?\d+$/.test(value);

export function removeNote(folder: FolderHandle, name: string): void {
  if (findStat(folder.at(noteName(name)))) unlinkSync(folder.at(noteName(name)));
}
