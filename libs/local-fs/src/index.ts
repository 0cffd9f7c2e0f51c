export { openJournal, type OpenJournalOptions } from './journal/open-journal.ts';
export type { JournalOrigin, SqliteJournal } from './journal/sqlite-journal.ts';
