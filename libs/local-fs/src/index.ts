export { openJournal, type OpenJournalOptions } from './journal/open-journal.ts';
export type { JournalOrigin, SqliteJournal } from './journal/sqlite-journal.ts';
export { createScanner, type FolderScanner, type ScannerOptions } from './scan/scanner.ts';
export { createChunker, sha256Hex, toContentId, type Chunker } from './hash/chunker.ts';
export { hashFile } from './hash/hash-file.ts';
export { createDisk, type DiskOptions, type LocalDisk } from './disk/local-disk.ts';
export { createWatch, type WatchOptions } from './watch/watch.ts';
export { checkSyncFolder, type SyncFolderCheck, type SyncFolderFacts } from './volume/check-sync-folder.ts';
export { createShelf, type Shelf } from './spill/shelf.ts';
