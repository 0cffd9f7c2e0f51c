import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskRecord } from './task-record.ts';
import { TaskStore } from './task-store.ts';

let home: string;
let store: TaskStore;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tideline-store-'));
  store = new TaskStore(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const uuid = (digit: number) => `018f2c5e-0000-7000-8000-00000000000${digit}`;
const record = (digit: number): TaskRecord =>
  TaskRecord.parse({
    ...{ format: 1, id: uuid(digit), state: 'active', localPath: `/data/${digit}`, cloudPath: 'personal:/' },
    ...{ spaceId: uuid(8), spaceKind: 'personal', spaceName: 'Ada', rootNodeId: uuid(9), mode: 'upload' },
    ...{ settings: {}, pausedByUser: false, journalMade: false, createdAt: `2026-01-0${digit}T00:00:00Z` },
  });

describe('TaskStore', () => {
  it('gives back what was saved, oldest first', () => {
    store.save(record(2));
    store.save(record(1));
    expect(new TaskStore(home).load()).toEqual({ records: [record(1), record(2)], damaged: [] });
  });

  it('keeps records for the owner alone', () => {
    store.save(record(1));
    expect(statSync(join(home, 'tasks', uuid(1), 'task.json')).mode & 0o077).toBe(0);
  });

  it('sets a damaged record aside, keeps its bytes and its journal, and loads the others', () => {
    store.save(record(1));
    store.save(record(2));
    writeFileSync(store.journalPath(record(1).id), 'journal');
    appendFileSync(join(home, 'tasks', uuid(1), 'task.json'), '}{');
    const { records, damaged } = store.load();
    expect(records).toEqual([record(2)]);
    expect(damaged).toMatchObject([{ id: uuid(1) }]);
    expect(readdirSync(join(home, 'tasks', uuid(1))).toSorted()).toEqual(['journal.db', 'task.json.damaged-1']);
  });

  it('does not take a draft that a crash left behind for a task', () => {
    store.save(record(1));
    writeFileSync(join(home, 'tasks', uuid(1), 'task.json.new'), '{"half":');
    expect(store.load().records).toEqual([record(1)]);
  });

  it('removes a task with its journal', () => {
    store.save(record(1));
    writeFileSync(store.journalPath(record(1).id), 'journal');
    store.remove(record(1).id);
    expect(existsSync(join(home, 'tasks', uuid(1)))).toBe(false);
  });
});
