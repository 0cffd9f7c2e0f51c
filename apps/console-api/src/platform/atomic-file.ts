import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Readers see the old file or the new one, also after a power cut. */
export async function writeFileAtomically(file: string, text: string, mode: number): Promise<void> {
  const staged = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(staged, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(staged, file);
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
}
