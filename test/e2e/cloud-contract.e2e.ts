import { createHash, randomUUID } from 'node:crypto';
import { routes, type FolderRole, type SpaceId, type SyncRight } from '@tideline/contracts';
import { createCloud, createRetry, type ApiClient } from '@tideline/drive-client';
import type { Cloud } from '@tideline/sync-core';
import { cloudContract } from '@tideline/sync-core/testing';
import { CloudFolder, World, signIn } from '@tideline/testing';
import { afterAll, beforeAll } from 'vitest';

const hashes = { sha256Hex: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') };

let world: World;
let people = 0;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.dispose());

/** A new person, with a personal space that holds nothing. */
async function newPerson(): Promise<{ id: string; api: ApiClient }> {
  people += 1;
  const { id, email } = await world.admin.user(`Person${people}`);
  const { url, enterpriseCode } = world.console.bootstrap;
  return { id, api: await signIn({ url, enterpriseCode, email, password: `Person${people}-password-1` }) };
}

function cloudOf(client: ApiClient, spaceId: SpaceId, rootId: string): Cloud {
  const retry = createRetry({ sleep: () => Promise.resolve(), random: () => 0 });
  return createCloud({ client, retry, spaceId, rootId, origin: 'sync', sha256Hex: hashes.sha256Hex });
}

cloudContract('Drive client and console', async () => {
  const owner = await newPerson();
  const { space } = await CloudFolder.find(owner.api, 'personal:/');
  const give = (id: string, nodeId: string, right: { role: FolderRole; syncRight?: SyncRight }) =>
    owner.api.call(routes.rights.setFolderGrant, {
      params: { nodeId },
      body: { to: { type: 'user', id }, ...right },
    });
  return {
    cloud: cloudOf(owner.api, space.id, space.rootId),
    hashes,
    ids: { opId: randomUUID, nodeId: randomUUID },
    setQuota: async (quotaBytes) => {
      await world.admin.api.call(routes.people.setQuota, { params: { spaceId: space.id }, body: { quotaBytes } });
    },
    asUploader: async (folderId, { editorOf }) => {
      const uploader = await newPerson();
      if (editorOf) await give(uploader.id, editorOf, { role: 'editor' });
      await give(uploader.id, folderId, { role: 'uploader' });
      return cloudOf(uploader.api, space.id, editorOf ?? folderId);
    },
    asBacker: async (folderId, { editorOf }) => {
      const backer = await newPerson();
      await give(backer.id, editorOf, { role: 'editor' });
      await give(backer.id, folderId, { role: 'viewer', syncRight: 'backer' });
      return cloudOf(backer.api, space.id, editorOf);
    },
  };
});
