import type { Ended } from './run-world.ts';
import { pathsOf, type Outcome } from './table-both.ts';

/** Why what came of a world is none of the outcomes that may be; null when it is one. */
export function differenceBoth(ended: Ended, outcomes: readonly Outcome[]): string | null {
  const faults = outcomes.map((outcome) => differs(ended, outcome));
  if (faults.length === 0) return 'the table has no outcome';
  if (ended.lost.length > 0) return `lost: ${ended.lost.join(' ')}`;
  const disk = text(ended.disk, (content) => content ?? '/');
  const cloud = text(ended.cloud, ({ content }) => content ?? '/');
  if (disk !== cloud) return `the sides differ\n  disk   ${disk}\n  cloud  ${cloud}`;
  return faults.some((fault) => fault === null) ? null : (faults[0] ?? null);
}

export function differs(ended: Pick<Ended, 'cloud'>, outcome: Outcome): string | null {
  const wanted = pathsOf(outcome);
  const show = ({ content, cloud }: { content: string | null; cloud: string }) =>
    `${content ?? '/'}${cloud === '' ? '' : `@${cloud}`}`;
  const [found, expected] = [text(ended.cloud, show), text(wanted, show)];
  if (found !== expected) return `found   ${found}\n  wanted  ${expected}`;
  for (const [path, { history }] of wanted) {
    const has = ended.cloud.get(path)?.history ?? [];
    const lacking = history.filter((version) => !has.includes(version));
    if (lacking.length > 0) return `${path} lacks versions: ${lacking.join(' ')}`;
  }
  return null;
}

function text<V>(map: ReadonlyMap<string, V>, show: (value: V) => string): string {
  return [...map]
    .map(([path, value]) => `${path}=${show(value)}`)
    .sort()
    .join('  ');
}

/** UP, SA-3: the same for upload mode, where the disk must stay as it was. */
export function differenceUpload(ended: Ended, outcome: Outcome): string | null {
  if (ended.lost.length > 0) return `lost: ${ended.lost.join(' ')}`;
  const show = (content: string | null) => content ?? '/';
  if (text(ended.disk, show) !== text(ended.diskBefore, show)) return 'the disk was touched';
  return differs(ended, outcome);
}
