import { AppError, type RouteDef } from '@tideline/contracts';
import type { z } from 'zod';
import { findSafeDefault } from './safe-defaults.ts';

type Issue = z.core.$ZodIssue;

/**
 * Reads an answer by its route's schema. Fields that a newer server added are dropped; words of a closed list that this version
 * does not know fall to their safe default. Anything else that does not fit is INTERNAL with the places that do not.
 */
export function parseAnswer(route: RouteDef, answer: unknown): unknown {
  if (!route.response) return undefined;
  const parsed = route.response.safeParse(answer);
  if (parsed.success) return parsed.data;
  const mended = mend(answer, parsed.error.issues);
  const again = mended === undefined ? parsed : route.response.safeParse(mended);
  if (again.success) return again.data;
  throw notUnderstood(route, again.error.issues);
}

/** True for the error of an answer whose shape this version does not know. */
export function isNotUnderstood(error: unknown): boolean {
  return error instanceof AppError && error.code === 'INTERNAL' && error.details?.['notUnderstood'] === true;
}

function notUnderstood(route: RouteDef, issues: readonly Issue[]): AppError {
  const places = issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return new AppError('INTERNAL', {}, { details: { notUnderstood: true, path: route.path, places } });
}

/** A copy with every unknown word replaced or left out; `undefined` when one of them has no safe default. */
function mend(answer: unknown, issues: readonly Issue[]): unknown {
  const copy: unknown = structuredClone(answer);
  const drops: (readonly PropertyKey[])[] = [];
  for (const issue of issues) {
    const fallback = issue.code === 'invalid_value' ? findSafeDefault(issue.path) : undefined;
    if (fallback === undefined) return undefined;
    if (fallback.t === 'drop') drops.push(issue.path.slice(0, fallback.depth));
    else setAt(copy, issue.path, fallback.value);
  }
  dropAll(copy, drops);
  return copy;
}

function setAt(root: unknown, path: readonly PropertyKey[], value: string): void {
  const holder = at(root, path.slice(0, -1));
  const name = path.at(-1);
  if (typeof holder === 'object' && holder !== null && name !== undefined) Reflect.set(holder, name, value);
}

/** The last elements first, so that the positions of the others stay. */
function dropAll(root: unknown, paths: readonly (readonly PropertyKey[])[]): void {
  const unique = new Map(paths.map((path) => [path.join('.'), path]));
  const ordered = [...unique.values()].sort((a, b) => Number(b.at(-1)) - Number(a.at(-1)));
  for (const path of ordered) {
    const list = at(root, path.slice(0, -1));
    if (Array.isArray(list)) list.splice(Number(path.at(-1)), 1);
  }
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    root,
  );
}
