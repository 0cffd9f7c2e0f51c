import { journalContract } from './journal-contract.ts';
import { MemoryJournal } from './memory-journal.ts';

journalContract('MemoryJournal', () => ({ journal: new MemoryJournal() }));
