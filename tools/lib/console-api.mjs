import { ToolError } from './output.mjs';

/** The few reads that the starter needs of the console, as the enterprise's admin. */
export class ConsoleApi {
  #url;
  #cookie;

  constructor(url, cookie) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async signIn({ url, enterpriseCode, adminEmail, adminPassword }) {
    const answer = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'tideline-protocol': '1' },
      body: JSON.stringify({ enterpriseCode, email: adminEmail, password: adminPassword }),
    });
    await requireOk(answer);
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    return new ConsoleApi(url, cookies.join('; '));
  }

  async get(path) {
    const answer = await fetch(`${this.#url}/api${path}`, {
      headers: { cookie: this.#cookie, 'tideline-protocol': '1' },
    });
    await requireOk(answer);
    return answer.json();
  }
}

async function requireOk(answer) {
  if (answer.ok) return;
  const body = await answer.json().catch(() => ({ code: 'INTERNAL', message: `HTTP ${answer.status}` }));
  throw new ToolError(body.code, body.message, body.fix);
}
