import { randomUUID } from 'node:crypto';
import { EnterpriseId } from '@tideline/contracts';
import { insertEnabledEnterprise } from '../enterprise/feature.store.ts';
import { PeopleService, toNewUser } from '../identity/people.service.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import type { ApiClient } from './api-client.ts';
import { enrollDevice } from './test-device.ts';
import type { TestConsole } from './test-console.ts';

export type SecondEnterprise = {
  readonly admin: ApiClient;
  readonly deviceId: string;
  readonly spaceId: string;
  readonly nodeId: string;
  readonly grantId: string;
  readonly tokenId: string;
};

/** Another tenant with one of everything that an id can name. */
export async function addSecondEnterprise(server: TestConsole): Promise<SecondEnterprise> {
  const enterpriseId = EnterpriseId.parse(randomUUID());
  const person = { email: 'admin@other.example', password: 'correct horse battery' };
  const user = await toNewUser(enterpriseId, { ...person, name: 'Olga', teamIds: [], role: 'super_admin' });
  const space = await server.database.dataSource.transaction(async (manager) => {
    await insertEnabledEnterprise(manager, { id: enterpriseId, code: 'other', name: 'Other' }, server.clock.now());
    await server.app.get(PeopleService).addUser(manager, user, []);
    return server.app.get(SpaceMaker).createSpace(manager, { enterpriseId, kind: 'enterprise', name: 'Other' });
  });
  const admin = await server.anybody.login({ enterpriseCode: 'other', ...person });
  const token = await admin.call('POST', '/enrollment-tokens', { label: 'x', userIds: [user.id], maxUses: null });
  const device = await enrollDevice(server.anybody, String(token.body['secret']), person.email);
  const wanted = { nodeId: space.rootId, to: { type: 'user', id: user.id }, syncRight: 'backer' };
  const grant = await admin.call('PUT', '/grants', wanted);
  return {
    admin,
    deviceId: device.deviceId,
    spaceId: space.spaceId,
    nodeId: space.rootId,
    grantId: String(grant.body['id']),
    tokenId: (token.body['token'] as { id: string }).id,
  };
}
