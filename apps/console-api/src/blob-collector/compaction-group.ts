/** A pack that may be worth rewriting. */
export type SparsePack = {
  readonly enterpriseId: string;
  readonly packId: string;
  readonly sizeBytes: number;
  readonly liveBytes: number;
};

/** Packs below this are written together even when they are full: objects cost more than bytes. */
export const SMALL_PACK_BYTES = 1024 * 1024;
const TARGET_PACK_BYTES = 16 * 1024 * 1024;
const MAX_PACKS_PER_GROUP = 200;

/** Cuts candidates, ordered by enterprise, into groups that become one pack each. Rewriting one small pack alone gains nothing. */
export function groupPacks(packs: readonly SparsePack[]): SparsePack[][] {
  const groups: SparsePack[][] = [];
  let group: SparsePack[] = [];
  for (const pack of packs) {
    if (group.length > 0 && !fits(group, pack)) {
      groups.push(group);
      group = [];
    }
    group.push(pack);
  }
  if (group.length > 0) groups.push(group);
  return groups.filter((each) => each.length > 1 || each.some(isSparse));
}

/** Less than half of it is still needed. */
function isSparse(pack: SparsePack): boolean {
  return pack.liveBytes * 2 < pack.sizeBytes;
}

function fits(group: readonly SparsePack[], pack: SparsePack): boolean {
  const liveBytes = group.reduce((sum, each) => sum + each.liveBytes, pack.liveBytes);
  const isSameEnterprise = group[0]?.enterpriseId === pack.enterpriseId;
  return isSameEnterprise && liveBytes <= TARGET_PACK_BYTES && group.length < MAX_PACKS_PER_GROUP;
}
