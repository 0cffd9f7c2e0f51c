import type { RetentionPolicy, VersionOrigin } from '@tideline/contracts';

/** One version of a file. */
export type JudgedVersion = {
  readonly id: string;
  readonly createdAt: Date;
  readonly origin: VersionOrigin;
  readonly userId: string;
  readonly deviceId: string | null;
  readonly pinned: boolean;
  readonly isHead: boolean;
};
export type Keeping = Pick<RetentionPolicy, 'keepVersions' | 'keepDays' | 'mergeSaves'> & {
  /** EN-2: without history only the newest content stays. */
  readonly historyOn: boolean;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const MERGE_MS = 10 * 60 * 1000;

/**
 * VE-1: which versions of one file the policy removes; `versions` oldest first. Never the newest, a pinned one, or the newest
 * one that each device uploaded (UP-10), whatever the policy says. Age counts from when a version was replaced, so that what
 * stood for years is still there after the first bad save.
 */
export function findSuperfluous(versions: readonly JudgedVersion[], keeping: Keeping, now: Date): string[] {
  const immune = findImmune(versions);
  const merged = keeping.mergeSaves ? findMerged(versions, immune) : new Set<string>();
  const left = versions.filter((version) => !merged.has(version.id));
  const most = keeping.historyOn ? keeping.keepVersions : 1;
  const counted = left.filter((version) => !version.pinned);
  const tooMany = new Set(counted.slice(0, Math.max(0, counted.length - most)).map((version) => version.id));
  const oldest = now.getTime() - keeping.keepDays * DAY_MS;
  const isTooOld = (index: number) => (versions[index + 1]?.createdAt.getTime() ?? Infinity) < oldest;
  return versions
    .filter(({ id }, index) => !immune.has(id) && (merged.has(id) || tooMany.has(id) || isTooOld(index)))
    .map((version) => version.id);
}

function findImmune(versions: readonly JudgedVersion[]): Set<string> {
  const uploads = new Map<string, string>();
  for (const { id, origin, deviceId } of versions) {
    if (origin === 'upload' && deviceId !== null) uploads.set(deviceId, id); // the last one wins: oldest come first
  }
  const kept = versions.filter((version) => version.isHead || version.pinned);
  return new Set([...uploads.values(), ...kept.map((version) => version.id)]);
}

/** Saves of one author on one device within 10 minutes of the first of them are one save: the last. */
function findMerged(versions: readonly JudgedVersion[], immune: ReadonlySet<string>): Set<string> {
  const merged = new Set<string>();
  let first: JudgedVersion | undefined;
  let last: JudgedVersion | undefined;
  for (const version of versions) {
    const isSameSave = first !== undefined && isSameAuthor(first, version) && isWithin(first, version, MERGE_MS);
    if (isSameSave && last && !immune.has(last.id)) merged.add(last.id);
    if (!isSameSave) first = version;
    last = version;
  }
  return merged;
}

function isSameAuthor(one: JudgedVersion, other: JudgedVersion): boolean {
  return one.userId === other.userId && one.deviceId === other.deviceId && one.origin === other.origin;
}

function isWithin(one: JudgedVersion, other: JudgedVersion, ms: number): boolean {
  return other.createdAt.getTime() - one.createdAt.getTime() <= ms;
}
