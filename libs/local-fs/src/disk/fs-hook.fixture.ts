import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const ORIGINALS = {
  fsyncSync: fs.fsyncSync,
  ftruncateSync: fs.ftruncateSync,
  futimesSync: fs.futimesSync,
  linkSync: fs.linkSync,
  lstatSync: fs.lstatSync,
  renameSync: fs.renameSync,
  unlinkSync: fs.unlinkSync,
  openSync: fs.openSync,
  readdirSync: fs.readdirSync,
  writeSync: fs.writeSync,
};
type Hooked = keyof typeof ORIGINALS;

/** For specs: somebody does something just before each call of a function of the file system; may throw in its stead. */
export function beforeCall(name: Hooked, act: (...paths: string[]) => void): void {
  replace(name, (original, args) => {
    act(...args.map(String));
    return original(...args);
  });
}

export function beforeFirstCall(name: Hooked, act: (...paths: string[]) => void): void {
  let isDone = false;
  beforeCall(name, (...paths) => {
    if (isDone) return;
    isDone = true;
    act(...paths);
  });
}

export function releaseCalls(): void {
  Object.assign(fs, ORIGINALS);
  syncBuiltinESMExports();
}

type Call = (...args: readonly unknown[]) => unknown;

function replace(name: Hooked, call: (original: Call, args: readonly unknown[]) => unknown): void {
  const original = ORIGINALS[name] as Call;
  Object.assign(fs, { [name]: (...args: readonly unknown[]) => call(original, args) });
  syncBuiltinESMExports();
}
