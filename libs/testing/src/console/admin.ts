import { CSRF_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION, Session, routes } from '@tideline/contracts';
import type { Grant, SyncRight, Team, User } from '@tideline/contracts';
import { createApiClient } from '@tideline/drive-client';
import type { ApiClient } from '@tideline/drive-client';
import { CloudFolder } from './cloud-folder.ts';

export type LogOn = {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** Absent for the platform operator. */
  readonly enterpriseCode?: string;
};

/** A signed-in person's API client, with cookie and CSRF token as a browser page holds them. */
export async function signIn({ url, ...body }: LogOn): Promise<ApiClient> {
  const answer = await fetch(`${url}/api${routes.session.login.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`log-on of ${body.email} failed: ${answer.status} ${await answer.text()}`);
  const { csrfToken } = Session.parse(await answer.json());
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  return createApiClient({ baseUrl: url, headers: () => ({ cookie, origin: url, [CSRF_HEADER]: csrfToken }) });
}

/** What the tests do as an enterprise admin, in the words of the product. */
export class Admin {
  readonly api: ApiClient;

  constructor(api: ApiClient) {
    this.api = api;
  }

  async team(name: string): Promise<Team> {
    return this.api.call(routes.enterprise.createTeam, { body: { name } });
  }

  async user(name: string, teams: readonly Team[] = []): Promise<User> {
    const email = `${name.toLowerCase()}@example.org`;
    const body = { name, email, password: `${name}-password-1`, teamIds: teams.map((team) => team.id) };
    return this.api.call(routes.enterprise.createUser, { body });
  }

  /** Gives a right on the folder that a cloud path names; the folder must exist. */
  async grant(path: string, to: { user: User } | { team: Team }, syncRight: SyncRight): Promise<Grant> {
    const { node } = await this.folder(path);
    const identity =
      'user' in to ? { type: 'user' as const, id: to.user.id } : { type: 'team' as const, id: to.team.id };
    return this.api.call(routes.enterprise.setGrant, { body: { nodeId: node.id, to: identity, syncRight } });
  }

  async revoke(grant: Grant): Promise<void> {
    await this.api.call(routes.enterprise.removeGrant, { params: { grantId: grant.id } });
  }

  async switchSync(on: boolean, enterpriseCode: string): Promise<void> {
    await this.api.call(routes.enterprise.switchSync, { body: { on, enterpriseCode } });
  }

  /** The folder that a cloud path names. */
  async folder(path: string): Promise<CloudFolder> {
    return CloudFolder.find(this.api, path);
  }

  /** Makes the folder that a cloud path names, with those above it. */
  async makeFolder(path: string): Promise<CloudFolder> {
    return CloudFolder.make(this.api, path);
  }
}
