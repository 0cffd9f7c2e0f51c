import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** What Node itself has loaded in a process of its own, after these modules of the agent. */
async function loadedBy(...modules: readonly string[]): Promise<string> {
  const urls = modules.map((path) => new URL(path, import.meta.url).href);
  const script = `for (const url of ${JSON.stringify(urls)}) await import(url); console.log(process.moduleLoadList.join())`;
  const args = ['--conditions=tideline:source', '--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

const CHILD_MS = 120_000;

describe('the idle agent is small', () => {
  it(
    '[D14] with an HTTP client that brings no `fetch` along',
    async () => {
      const loaded = await loadedBy('./node-transport.ts', '../local-api/local-client.ts');
      expect(loaded).toContain('_http_client');
      expect(loaded).not.toContain('undici');
    },
    CHILD_MS,
  );
});
