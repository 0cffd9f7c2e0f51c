import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Carries out one of each operation below the root given on the command line, and is killed by itself, as hard as a power
 * failure, just before the n-th call that changes the disk. Ends by itself when there are fewer calls.
 */
const [root = '', homeTrash = '', killAt = '0', links = 'links'] = process.argv.slice(2);
let calls = 0;

const CHANGING = [
  'mkdirSync',
  'writeSync',
  'writeFileSync',
  'appendFileSync',
  'renameSync',
  'linkSync',
  'unlinkSync',
  'rmdirSync',
] as const;
for (const name of CHANGING) {
  const original = fs[name] as (...args: readonly unknown[]) => unknown;
  const counted = (...args: readonly unknown[]): unknown => {
    calls += 1;
    if (calls === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    return original(...args);
  };
  Object.assign(fs, { [name]: counted });
}
if (links === 'no links') {
  const refuse = (): never => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM' });
  };
  Object.assign(fs, { linkSync: refuse });
}
syncBuiltinESMExports();

const { createDiskContext } = await import('./disk-context.ts');
const { createDiskWork } = await import('./disk-work.ts');
const context = createDiskContext({ root, homeTrash });
const work = createDiskWork(context);
const sig = (path: string) => context.sigOf(fs.lstatSync(`${root}/${path}`, { bigint: true }));
const request = { meta: { mtimeMs: 1_700_000_000_000, exec: false } };
const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) });

work.place([
  { ...request, opId: 'op-new', path: 'd/new', replaces: null, from: bytes('new file') },
  { ...request, opId: 'op-replace', path: 'd/old', replaces: sig('d/old'), from: bytes('new version') },
]);
work.move('d/from', 'e/to', { expect: sig('d/from') });
if (links === 'no links') process.exit(0);
work.moveToStaging('staged-1', 'd/a', sig('d/a'));
work.move('d/b', 'd/a', { expect: sig('d/b') });
work.unstage('staged-1', 'd/b');
work.trashFile('op-trash', 'd/gone', sig('d/gone'));
work.removeFolder('leftovers');
