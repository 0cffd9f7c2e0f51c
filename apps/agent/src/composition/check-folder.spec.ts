import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@tideline/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderCheck } from './check-folder.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tideline-check-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('[LI-6] why a folder is refused', () => {
  const told = async (path: string) => {
    const check = createFolderCheck(join(folder, 'state'));
    const error: unknown = await check(path, { mode: 'upload', others: [] }).then(
      () => expect.unreachable(),
      (reason: unknown) => reason,
    );
    return error instanceof AppError ? `${error.message} ${error.fix}` : String(error);
  };

  it('says what to choose once, and the best that can be said', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(await told(join(folder, 'link'))).toMatch(/: it is a link\. Choose the folder it leads to\.$/);
    expect(await told(homedir())).toMatch(/: it is a home folder\. Choose a folder inside it\.$/);
    expect(await told('/usr')).toMatch(/: it belongs to the operating system\. Choose another folder\.$/);
  });
});
