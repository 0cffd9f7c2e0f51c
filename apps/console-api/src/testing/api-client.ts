import { CSRF_HEADER } from '@tideline/contracts';

export type Answer = {
  readonly status: number;
  /** The parsed JSON; tests read what they expect of it. */
  readonly body: Record<string, unknown> & { code?: string };
  readonly headers: Headers;
};

/** Calls the API as one caller: nobody, a person with cookie and CSRF token, or a device with its access token. */
export class ApiClient {
  constructor(
    readonly url: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  with(headers: Readonly<Record<string, string>>): ApiClient {
    return new ApiClient(this.url, { ...this.headers, ...headers });
  }

  without(name: string): ApiClient {
    return new ApiClient(this.url, Object.fromEntries(Object.entries(this.headers).filter(([key]) => key !== name)));
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
      headers: answer.headers,
    };
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  /** Signs a person in; the operator when `enterpriseCode` is absent. */
  async login(credentials: { enterpriseCode?: string; email: string; password: string }): Promise<ApiClient> {
    const answer = await this.call('POST', '/session', credentials);
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
    if (answer.status !== 200 || !cookie) throw new Error(`log-on failed: ${JSON.stringify(answer.body)}`);
    return this.with({ cookie, [CSRF_HEADER]: String(answer.body['csrfToken']) });
  }
}
