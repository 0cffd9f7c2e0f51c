import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockHome } from '../runtime/home-lock.ts';
import { makeStateHome } from './state-home.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tideline-home-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('makeStateHome', () => {
  it('makes the folder with its parents, for its owner only', () => {
    makeStateHome(join(folder, 'a/b'));
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
  });

  it.each(['state', 'state/below'])('names the file that stands in the way of %s and leaves it alone', (home) => {
    writeFileSync(join(folder, 'state'), 'precious');
    for (const use of [makeStateHome, lockHome]) {
      expect(() => use(join(folder, home))).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/\(TIDELINE_HOME\) .*state is a file, not a folder\.$/) as string,
        }),
      );
    }
    expect(readFileSync(join(folder, 'state'), 'utf8')).toBe('precious');
  });

  it.runIf(process.platform === 'linux')('answers at once where the system refuses folders', () => {
    expect(() => makeStateHome('/proc/tideline/state')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
