import type { CloudOp, LocalOp, Plan } from '../model/plan.ts';
import type { BaseNode, Content, LocalNode, StatSig, ThreeTrees } from '../model/tree.ts';

/** So long after a file was written a power failure may still have taken its bytes. */
const WINDOW_NS = 5n * 60n * 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

export type PowerFacts = {
  /** When this machine was started; null: not told, and then nothing is mended. */
  readonly bootedAtMs: number | null;
  readonly sha256Hex: (text: string) => string;
};

/**
 * K04: a file that became empty or all zeros, was last touched within minutes of the state that base knows and before the
 * machine was started again, is what a power failure left. Its bytes are in the cloud: it is downloaded again, not uploaded.
 * Whoever really emptied it in those minutes finds the former content in its place; nothing that was saved is lost by that.
 */
export function mendPowerLoss(plan: Plan, trees: ThreeTrees, facts: PowerFacts): Plan {
  const { bootedAtMs } = facts;
  if (bootedAtMs === null) return plan;
  const mended = new Map<CloudOp, LocalOp>();
  for (const op of plan.cloud) {
    const lost = op.op === 'cloudUpload' && op.target.t === 'version' ? findLost(op, trees) : undefined;
    if (lost && isLeftByPowerLoss(lost, { ...facts, bootedAtMs })) mended.set(op, downloadAgain(op.opId, lost, trees));
  }
  if (mended.size === 0) return plan;
  const cloud = plan.cloud.filter((op) => !mended.has(op));
  return { ...plan, cloud, local: [...plan.local, ...mended.values()] };
}

type Lost = { readonly base: BaseNode; readonly node: LocalNode; readonly was: StatSig; readonly content: Content };

/** A synced file edited here alone, at its place. */
function findLost({ id }: { readonly id: number }, { base, local, cloud }: ThreeTrees): Lost | undefined {
  const row = base.get(id);
  const seen = local.get(id);
  if (!row?.sig || row.size === 0 || seen?.t !== 'present' || seen.node.content === null) return undefined;
  if (!isAtItsPlace(seen.node, row) || cloud.has(row.cloudId)) return undefined;
  return { base: row, node: seen.node, was: row.sig, content: seen.node.content };
}

const isAtItsPlace = (node: LocalNode, row: BaseNode): boolean =>
  node.parent === row.parent && node.name === row.localName;

function isLeftByPowerLoss({ node, was, content }: Lost, facts: PowerFacts & { bootedAtMs: number }): boolean {
  const touchedNs = writtenNs(node.sig);
  const apartNs = touchedNs - writtenNs(was);
  if (apartNs > WINDOW_NS || apartNs < -WINDOW_NS) return false;
  return touchedNs / NS_PER_MS < BigInt(Math.trunc(facts.bootedAtMs)) && isBlank(content, facts.sha256Hex);
}

/** The time of change, whatever mark it carries; where there is none, the time of writing. */
function writtenNs({ ctimeNs, mtimeNs }: StatSig): bigint {
  const marked = ctimeNs < 0n ? -ctimeNs : ctimeNs;
  return marked > 1n ? marked : mtimeNs;
}

/** Empty, or nothing but zeros. */
function isBlank({ contentId, size, chunks }: Content, sha256Hex: PowerFacts['sha256Hex']): boolean {
  const parts = chunks ?? [{ hash: contentId, size }];
  const zeros = new Map<number, string>();
  const ofZeros = (bytes: number): string => {
    const known = zeros.get(bytes) ?? sha256Hex('\0'.repeat(bytes));
    zeros.set(bytes, known);
    return known;
  };
  return size === 0 || parts.every((part) => part.hash === ofZeros(part.size));
}

function downloadAgain(opId: string, { base, node }: Lost, trees: ThreeTrees): LocalOp {
  const { id, cloudId, parent, localName: name, cloudName, rev, contentId, size, meta } = base;
  const parentId = trees.base.get(parent)?.cloudId ?? '';
  const cloud = { id: cloudId, parentId, name: cloudName, kind: base.kind, rev, seq: trees.cloudSeq ?? 0 };
  return {
    ...{ op: 'localDownload', opId, id, parent, name, cloudName, replaces: node.sig },
    cloud: { ...cloud, contentId, size, meta },
  };
}
