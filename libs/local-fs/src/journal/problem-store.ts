import type { DatabaseSync } from 'node:sqlite';
import type { Journal, NewProblem, StoredProblem } from '@tideline/sync-core';
import { inTransaction } from './statement.ts';

export type ProblemStore = Pick<Journal, 'problems' | 'setProblem' | 'setProblems'>;

export function createProblemStore(db: DatabaseSync): ProblemStore {
  const all = db.prepare('SELECT * FROM problem ORDER BY path');
  const find = db.prepare('SELECT code, first_ms, attempts FROM problem WHERE path = ?');
  const remove = db.prepare('DELETE FROM problem WHERE path = ?');
  const put = db.prepare(
    `INSERT OR REPLACE INTO problem (path, code, params, first_ms, last_ms, attempts, retry_at_ms, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const set = (path: string, problem: NewProblem | null, nowMs: number): void => {
    if (!problem) {
      remove.run(path);
      return;
    }
    const before = find.get(path);
    const goesOn = before?.['code'] === problem.code;
    const firstMs = goesOn ? Number(before['first_ms']) : nowMs;
    const attempts = goesOn ? Number(before['attempts']) + 1 : 1;
    const { code, params, retryAtMs, source = 'cycle' } = problem;
    put.run(path, code, JSON.stringify(params), firstMs, nowMs, attempts, retryAtMs, source);
  };
  return {
    problems: () => all.all().map(toProblem),
    setProblem: set,
    setProblems: (changes, nowMs) => {
      if (changes.length === 0) return;
      inTransaction(db, () => {
        for (const { path, problem } of changes) set(path, problem, nowMs);
      });
    },
  };
}

function toProblem(row: Record<string, unknown>): StoredProblem {
  return {
    path: row['path'] as string,
    code: row['code'] as StoredProblem['code'],
    params: JSON.parse(row['params'] as string) as StoredProblem['params'],
    source: row['source'] as StoredProblem['source'],
    firstSeenMs: Number(row['first_ms']),
    lastSeenMs: Number(row['last_ms']),
    attempts: Number(row['attempts']),
    retryAtMs: Number(row['retry_at_ms']),
  };
}
