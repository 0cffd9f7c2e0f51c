import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { createRotatingFile } from './rotating-file.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tideline-log-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('log', () => {
  it('writes an event with its details, and no secret', () => {
    const path = join(folder, 'logs', 'agent.log');
    const { log, close } = createLog(path, 'info');
    log('enrolled', { device: 'd1', token: 'hush', request: { headers: { authorization: 'Bearer hush' } } });
    log('failed', { error: new Error('no room') });
    close();
    const text = readFileSync(path, 'utf8');
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({ event: 'enrolled', device: 'd1', token: '[secret]' });
    expect(second).toMatchObject({ event: 'failed', level: 40, error: { message: 'no room' } });
    expect(text).not.toContain('hush');
  });
});

describe('rotating file', () => {
  it('bounds every file and their number, for the owner only', () => {
    const path = join(folder, 'agent.log');
    const file = createRotatingFile(path, { maxBytes: 20, kept: 2 });
    for (let line = 0; line < 10; line++) file.write(`line ${line} ....\n`);
    file.end();
    expect(readdirSync(folder).toSorted()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2']);
    expect(readFileSync(path, 'utf8')).toBe('line 9 ....\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('line 8 ....\n');
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('goes on in the file of the run before', () => {
    const path = join(folder, 'agent.log');
    for (const line of ['a\n', 'b\n']) {
      const file = createRotatingFile(path);
      file.write(line);
      file.end();
    }
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
  });
});
