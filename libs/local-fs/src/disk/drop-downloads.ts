import { unlinkSync } from 'node:fs';
import { withFolders } from './folder-handle.ts';
import { findStaging, namesIn } from './staging.ts';

/** D10: what was fetched below a root and is not in place goes; nobody will go on with it. Bytes of people are left alone. */
export function dropDownloads(root: string): void {
  withFolders(root, (folders) => {
    for (const part of ['new', 'part'] as const) {
      const folder = findStaging(folders, part);
      for (const name of namesIn(folder)) if (folder) unlinkSync(folder.at(name));
    }
  });
}
