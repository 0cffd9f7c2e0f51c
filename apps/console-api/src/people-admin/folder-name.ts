import { MAX_NAME_BYTES } from '@tideline/contracts';
import { truncateBytes } from '../platform/numbered-name.ts';

/** A person's name as the name of a folder. */
export function toFolderName(text: string): string {
  const name = truncateBytes(text.replace(/[/\0]/g, '_').trim(), MAX_NAME_BYTES);
  return name === '' || name === '.' || name === '..' ? '_' : name;
}
