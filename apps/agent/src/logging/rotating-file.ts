import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type RotatingFileOptions = { readonly maxBytes?: number; readonly kept?: number };
export type RotatingFile = { write(line: string): void; end(): void };

/** Appends lines to a file of bounded size; full ones become `path.1` (newest) to `path.<kept>`. */
export function createRotatingFile(path: string, options: RotatingFileOptions = {}): RotatingFile {
  const { maxBytes = 5 * 1024 * 1024, kept = 4 } = options;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let sizeBytes = fstatSync(file).size;
  const rotate = () => {
    closeSync(file);
    for (let age = kept - 1; age >= 1; age--) {
      if (existsSync(`${path}.${age}`)) renameSync(`${path}.${age}`, `${path}.${age + 1}`);
    }
    renameSync(path, `${path}.1`);
    file = openSync(path, 'a', 0o600);
    sizeBytes = 0;
  };
  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line);
      if (sizeBytes > 0 && sizeBytes + bytes > maxBytes) rotate();
      sizeBytes += bytes;
      writeSync(file, line);
    },
    end: () => closeSync(file),
  };
}
