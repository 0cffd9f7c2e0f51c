import type { Atom, EnterpriseId, NodeId, SpaceId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { findChains, findSpaces, type SpaceRow } from './access.store.ts';
import { listGiven, listGrantedFolders } from './folder-grant.store.ts';
import { chainFor, groupByFolder, type GivenGrant, type GrantsByFolder, type Member } from './given-grant.ts';
import { listCandidates, type MemberPosition } from './member.store.ts';
import { parentsOf, pathUp } from './path-up.ts';
import { judge } from './rights.ts';

type SpaceKey = { readonly enterpriseId: EnterpriseId; readonly spaceId: SpaceId };
type Seeing = (had: ReadonlySet<Atom>, has: ReadonlySet<Atom>) => boolean;
/** What stands at the lower end of `had` and would stand at that of `has` if a folder went. */
type Lift = { readonly folderId: NodeId; readonly had: readonly NodeId[]; readonly has: readonly NodeId[] };
export type Lifts = { readonly space: SpaceRow; readonly grants: GrantsByFolder; readonly lifts: readonly Lift[] };

const SLICE = 500;
/** Of whom more would have to be asked about, a folder counts as opened. */
const MAX_PEOPLE = 5000;

/** Where rights may change for somebody if these folders went and what was trashed in them by itself moved up to the folders above. */
export async function findLifts(
  manager: EntityManager,
  { enterpriseId, spaceId }: SpaceKey,
  folderIds: readonly NodeId[],
): Promise<Lifts | undefined> {
  const granted = folderIds.length === 0 ? [] : await listGrantedFolders(manager, enterpriseId, spaceId);
  if (granted.length === 0) return undefined;
  const nodes = await findChains(manager, enterpriseId, granted);
  const trashed = new Set(nodes.flatMap((node) => (node.trashed ? [node.id] : [])));
  const paths = granted.map((id) => pathUp(parentsOf(nodes), id));
  const lifts = folderIds.flatMap((folderId) => paths.flatMap((path) => toLift(path, folderId, trashed) ?? []));
  const [space] = await findSpaces(manager, enterpriseId, [spaceId]);
  if (!space || lifts.length === 0) return undefined;
  const grants = groupByFolder(await listGiven(manager, enterpriseId, [...new Set(lifts.flatMap((lift) => lift.had))]));
  return { space, grants, lifts };
}

/** Of these folders those by whose end somebody, whoever that is, would get to see more. */
export async function listOpenedForAnybody(
  manager: EntityManager,
  enterpriseId: EnterpriseId,
  found: Lifts,
  seesMore: Seeing,
): Promise<Set<NodeId>> {
  const opened = new Set<NodeId>();
  const of = { ...concernedBy(found), admins: false }; // who has all rights by their account gains none
  let after: MemberPosition | undefined;
  for (let asked = 0; asked < MAX_PEOPLE; asked += SLICE) {
    const members = await listCandidates(manager, enterpriseId, { of, after, limit: SLICE });
    for (const member of members) {
      for (const folderId of listOpenedFor(member, found, seesMore)) opened.add(folderId);
      after = [member.name, member.userId];
    }
    if (members.length < SLICE) return opened;
  }
  return new Set(found.lifts.map((lift) => lift.folderId));
}

function listOpenedFor(member: Member, { space, grants, lifts }: Lifts, seesMore: Seeing): NodeId[] {
  const atomsAlong = (path: readonly NodeId[]) => judge(member, space, chainFor(member, path, grants)).rights.atoms;
  return lifts.flatMap(({ folderId, had, has }) => (seesMore(atomsAlong(had), atomsAlong(has)) ? folderId : []));
}

/** What was trashed by itself on the way takes what is below it along; else everything up to the folder ends with it. */
function toLift(path: readonly NodeId[], folderId: NodeId, trashed: ReadonlySet<NodeId>): Lift | undefined {
  const at = path.indexOf(folderId);
  if (at < 0) return undefined;
  const along = path.slice(0, path.slice(0, at).findLastIndex((id) => trashed.has(id)) + 1);
  return { folderId, had: path, has: [...along, ...path.slice(at + 1)] };
}

/** About nobody else is anything said in what would go. */
function concernedBy({ lifts, grants }: Lifts) {
  const gone = new Set(lifts.flatMap(({ had, has }) => had.filter((id) => !has.includes(id))));
  const said = [...gone].flatMap((id): readonly GivenGrant[] => grants.get(id) ?? []);
  const idsOf = (type: GivenGrant['toType']) => said.flatMap((grant) => (grant.toType === type ? grant.toId : []));
  return { userIds: idsOf('user'), teamIds: idsOf('team') };
}
