import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Entries by which other sync products mark their root. Two products on one folder undo each other's work. */
const MARKERS: readonly (readonly [pattern: RegExp, product: string])[] = [
  [/^\.dropbox(\.cache)?$/, 'Dropbox'],
  [/^\.stfolder$/, 'Syncthing'],
  [/^\._?sync_[0-9a-f]+\.db$/, 'Nextcloud or ownCloud'],
  [/^\.sync_journal\.db$/, 'Nextcloud or ownCloud'],
  [/^\.tmp\.driveupload$|^\.tmp\.drivedownload$/, 'Google Drive'],
  [/^\.seafile-data$/, 'Seafile'],
  [/^\.849C9593-D756-4E56-8D6E-42412F2A707B$/, 'OneDrive'],
];

/** The other sync product whose root this folder is or lies in. */
export function findOtherProduct(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    const product = productAt(folder);
    if (product !== undefined || dirname(folder) === folder) return product;
  }
}

function productAt(folder: string): string | undefined {
  const names = namesIn(folder);
  return MARKERS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(join(folder));
  } catch {
    // A folder above that may be crossed but not listed holds no root that this person could have set up.
    return [];
  }
}
