import * as fs from './node-fs.ts';

/** Of Node's promises as much as the disk uses; each is done at once, and its own call of the virtual machine. */
export async function mkdir(path: string, mode: number): Promise<void> {
  fs.mkdirSync(path, mode);
}

export async function unlink(path: string): Promise<void> {
  fs.unlinkSync(path);
}

export async function rename(from: string, to: string): Promise<void> {
  fs.renameSync(from, to);
}

export async function open(path: string, flags: number, mode?: number): Promise<object> {
  const fd = fs.openSync(path, flags, mode);
  return {
    stat: async (options: { bigint: boolean }) => fs.fstatSync(fd, options),
    read: async (...args: [into: Uint8Array, offset: number, length: number, position: number]) => ({
      bytesRead: fs.readSync(fd, ...args),
    }),
    write: async (...args: [bytes: Uint8Array, offset: number, length: number, position: number]) => ({
      bytesWritten: fs.writeSync(fd, ...args),
    }),
    truncate: async (size: number) => fs.ftruncateSync(fd, size),
    datasync: async () => fs.fsyncSync(fd),
    sync: async () => fs.fsyncSync(fd),
    close: async () => fs.closeSync(fd),
  };
}

export const statfs = async (): Promise<never> => {
  throw new Error('the simulation tells the room by itself');
};
