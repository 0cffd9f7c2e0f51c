import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD_MS = 120_000;

/** Addresses of all modules that a process has loaded once it has this one. */
async function loadedWith(path: string): Promise<string> {
  const script = `
    const { registerHooks } = await import('node:module');
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    await import(${JSON.stringify(new URL(path, import.meta.url).href)});
    console.log(urls.join('\\n'));`;
  const args = ['--conditions=tideline:source', '--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

it(
  '[D14] the thread that watches as long as the agent lives loads chokidar for small roots only',
  async () => {
    const loaded = await loadedWith('./watch-worker.ts');
    expect(loaded).toContain('folder-watcher.ts');
    expect(loaded).not.toContain('chokidar');
  },
  CHILD_MS,
);
