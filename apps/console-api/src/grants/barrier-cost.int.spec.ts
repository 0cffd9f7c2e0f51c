import { ATOMS, type NodeId, type SpaceId } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveWorld, ops } from '../drive/testing/drive-world.ts';
import { giveAtoms } from '../drive/testing/give-rights.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { countBuffers } from '../testing/count-buffers.ts';
import { toSubject } from './access.service.ts';

const GRANTS = 5000;
let world: DriveWorld;
let space: { readonly spaceId: SpaceId; readonly rootId: NodeId };
let caller: PersonPrincipal;
let narrow: NodeId;

beforeAll(async () => {
  world = await DriveWorld.open();
  caller = await world.person();
  space = await world.space('team', { teamId: await world.team() });
  const admin = await world.person('drive_admin');
  const [outer, inner] = [ops.folder(space.rootId, 'outer'), ops.folder(space.rootId, 'inner')];
  await world.commit(admin, space.spaceId, [outer, inner, ops.move(inner.nodeId, outer.nodeId, 'inner')]);
  narrow = inner.nodeId;
  await giveAtoms(world, { ...space, nodeId: space.rootId }, caller, { atoms: ATOMS });
  await giveAtoms(world, { ...space, nodeId: narrow }, caller, { atoms: ['visible', 'list'] });
  await world.sql(
    `WITH folder AS (
       INSERT INTO node (enterprise_id, id, space_id, parent_id, name, live_name, kind, rev, seq)
       SELECT $1, gen_random_uuid(), $2, $3, 'of others ' || n, 'of others ' || n, 'folder', 1, 1 FROM generate_series(1, $4::int) n
       RETURNING id
     )
     INSERT INTO folder_grant (enterprise_id, id, space_id, node_id, identity_type, identity_id, atoms)
     SELECT $1, gen_random_uuid(), $2, id, 'user', gen_random_uuid(), '{visible}' FROM folder`,
    [world.enterpriseId, space.spaceId, space.rootId, GRANTS],
  );
}, 60_000);
afterAll(() => world.close());

/** Pages read by the question that batches ask which trash or move folders in a space of somebody else's. */
async function pagesRead(): Promise<number> {
  const within = { spaceId: space.spaceId, atoms: ['delete'], throughBin: false } as const;
  return countBuffers(world.manager, async (manager) => {
    const barriers = await world.access.findBarriers(manager, toSubject(caller), within);
    expect(barriers.get('delete')?.size).toBe(2); // the outer folder and the root
  });
}

describe('[PE-4] looking for narrower parts', () => {
  it('reads the grants of who asks, not the thousands of others in the space, with and without statistics', async () => {
    const young = await pagesRead();
    await world.sql('ANALYZE');
    const old = await pagesRead();
    expect(young).toBeLessThan(60);
    expect(old).toBeLessThan(60);
  });
});
