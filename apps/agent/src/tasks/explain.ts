import {
  ROOT_ID,
  type BaseNode,
  type CloudNode,
  type Decision,
  type Journal,
  type LocalKey,
  type LocalNode,
  type Observed,
} from '@tideline/sync-core';
import type { LeftOut, SideState, TaskFile } from '../local-api/messages.ts';
import { leftOutPhrase } from './left-out-phrase.ts';

export type Explained = {
  readonly key: LocalKey | null;
  readonly cloudId: string | null;
  readonly base: SideState;
  readonly local: SideState;
  readonly cloud: SideState;
};

/** TA-7: the three states of what stands (or stood) at a path below the task's folder; undefined when no side ever had it. */
export function findStates(journal: Journal, path: string): Explained | undefined {
  const names = path.split('/').filter((name) => name !== '');
  const at = findNode(journal, names);
  if (!at) return undefined;
  const row = at.key !== null && at.key > 0 ? journal.base.get(at.key) : undefined;
  const cloudId = row?.cloudId ?? at.cloudId;
  return { key: at.key, cloudId, base: baseState(row), ...sides(journal, { key: at.key, row, cloudId }) };
}

function sides(journal: Journal, of: { key: LocalKey | null; row: BaseNode | undefined; cloudId: string | null }) {
  const local = of.key === null ? undefined : journal.localOverlay().get(of.key);
  const cloud = of.cloudId === null ? undefined : journal.cloudOverlay().get(of.cloudId);
  return {
    local: observedState(local, of.row && localOfRow(of.row)),
    cloud: observedState(cloud, of.row && cloudOfRow(of.row)),
  };
}

type Found = { readonly key: LocalKey | null; readonly cloudId: string | null };

/** Name by name from the root: what the disk has now first, then what base remembers, then what only the cloud has. */
function findNode(journal: Journal, names: readonly string[]): Found | undefined {
  let at: Found = { key: ROOT_ID, cloudId: journal.base.get(ROOT_ID)?.cloudId ?? null };
  for (const name of names) {
    const next = findChild(journal, at, name);
    if (!next) return undefined;
    at = next;
  }
  return at;
}

function findChild(journal: Journal, parent: Found, name: string): Found | undefined {
  return (
    findHere(journal, parent.key, name) ??
    findInBase(journal, parent.key, name) ??
    findThere(journal, parent.cloudId, name)
  );
}

function findHere(journal: Journal, parent: LocalKey | null, name: string): Found | undefined {
  const { base } = journal;
  for (const [key, seen] of journal.localOverlay()) {
    if (seen.t !== 'present' || seen.node.parent !== parent || seen.node.name !== name) continue;
    return { key, cloudId: key > 0 ? (base.get(key)?.cloudId ?? null) : null };
  }
  return undefined;
}

function findInBase({ base }: Journal, parent: LocalKey | null, name: string): Found | undefined {
  const row = parent !== null && parent > 0 ? base.childByLocalName(parent, name) : undefined;
  return row && { key: row.id, cloudId: row.cloudId };
}

function findThere(journal: Journal, parent: string | null, name: string): Found | undefined {
  const { base } = journal;
  for (const [id, seen] of journal.cloudOverlay()) {
    if (seen.t !== 'present' || seen.node.parentId !== parent || seen.node.name !== name) continue;
    return { key: base.byCloudId(id)?.id ?? null, cloudId: id };
  }
  return undefined;
}

function baseState(row: BaseNode | undefined): SideState {
  if (!row) return { state: 'absent', changed: false };
  const { kind, localName: name, size, contentId, rev } = row;
  return { state: 'present', changed: false, kind, name, size, contentId, rev };
}

type Shown = Pick<SideState, 'kind' | 'name' | 'size' | 'contentId' | 'rev'>;

function observedState(seen: Observed<LocalNode> | Observed<CloudNode> | undefined, row: Shown | undefined): SideState {
  if (!seen) return row ? { state: 'present', changed: false, ...row } : { state: 'absent', changed: false };
  if (seen.t === 'absent') return { state: 'absent', changed: true };
  if (seen.t === 'unknown') return { state: 'unknown', changed: true, why: seen.why };
  return { state: 'present', changed: true, ...('id' in seen.node ? cloudNode(seen.node) : localNode(seen.node)) };
}

function localOfRow({ kind, localName, size, contentId }: BaseNode): Shown {
  return { kind, name: localName, size, contentId };
}

function cloudOfRow({ kind, cloudName, size, contentId, rev }: BaseNode): Shown {
  return { kind, name: cloudName, size, contentId, rev };
}

function localNode({ kind, name, content }: LocalNode): Shown {
  return { kind, name, size: content?.size ?? null, contentId: content?.contentId ?? null };
}

function cloudNode({ kind, name, size, contentId, rev }: CloudNode): Shown {
  return { kind, name, size, contentId, rev };
}

export function decisionsAbout(
  decisions: readonly Decision[],
  { key, cloudId }: Explained,
): { rule: string; note: string }[] {
  const about = decisions.filter((decision) => isAbout(decision, key, cloudId));
  return about.map(({ rule, note }) => ({ rule, note }));
}

function isAbout(decision: Decision, key: LocalKey | null, cloudId: string | null): boolean {
  return (key !== null && decision.id === key) || (cloudId !== null && decision.cloudId === cloudId);
}

export type Reasons = {
  readonly path: string;
  readonly problem: TaskFile | null;
  readonly leftOut: LeftOut | null;
  /** Names of what it is in conflict with: of a copy its original, of an original its copies. */
  readonly conflict?: { readonly original: string | null; readonly copies: readonly string[] };
};
const NO_REASONS: Reasons = { path: '', problem: null, leftOut: null };

/** One sentence for a person; the rules behind it are listed beside it. */
export function summarize(states: Explained, reasons: Reasons = NO_REASONS): string {
  return `${sentenceOf(states, reasons)} ${conflictSentence(reasons)}`.trim();
}

/** C01, C19: as long as both are there. */
function conflictSentence({ conflict }: Reasons): string {
  const { original = null, copies = [] } = conflict ?? {};
  if (original !== null)
    return `It is a conflict copy of ${original}: compare both, and delete the one you do not need.`;
  if (copies.length === 0) return '';
  return `It was edited in two places at once; the other content is kept as ${copies.join(', ')}.`;
}

function sentenceOf(states: Explained, { path, problem, leftOut }: Reasons): string {
  if (leftOut) return `${nameOf(leftOut.path, path)} is ${leftOutPhrase(leftOut)}; it is listed as skipped.`;
  if (problem?.code) {
    const { message = '', fix = '' } = problem;
    return `${nameOf(problem.path, path)} cannot be synced now (${problem.code}). ${message} ${fix}`.trim();
  }
  return unknownSentence(states) ?? changeSentence(states);
}

/** What a sentence is about: the asked thing itself, or a folder that it lies in. */
function nameOf(path: string, asked: string): string {
  return path === asked ? 'It' : `The folder ${path}, in which it lies,`;
}

/** Of what stands on the disk and no scan has met yet. */
export const NOT_LOOKED_AT = 'not looked at yet';

function unknownSentence({ local, cloud }: Explained): string | undefined {
  if (local.state === 'unknown' && local.why === NOT_LOOKED_AT) return 'It is new here and waits for the next scan.';
  if (local.state === 'unknown') return `It could not be read on this device (${local.why}); nothing is done to it.`;
  if (cloud.state === 'unknown') return `Its state in the cloud is not known (${cloud.why}); nothing is done to it.`;
  return undefined;
}

function changeSentence({ base, local, cloud }: Explained): string {
  if (local.changed && cloud.changed) return 'It changed on both sides and waits for its turn.';
  if (local.changed) return 'It changed on this device and waits for its turn.';
  if (cloud.changed) return 'It changed in the cloud and waits for its turn.';
  return base.state === 'present' ? 'Both sides are equal.' : 'Nothing is known of it.';
}
