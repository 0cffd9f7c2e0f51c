import { describe, expect, it } from 'vitest';
import type { Plan } from '../model/plan.ts';
import type { BaseNode, BaseView } from '../model/tree.ts';
import { limitFiles } from './limit-files.ts';

const known = { id: 2, kind: 'file' } as BaseNode;
const base: BaseView = {
  get: (id) => (id === known.id ? known : undefined),
  byCloudId: () => undefined,
  children: () => [],
  childByLocalName: () => undefined,
  childByCloudName: () => undefined,
  fileCount: () => 3,
};

function planOfUploads(ids: readonly number[]): Plan {
  const cloud = ids.map((id) => ({ op: 'cloudUpload', id, key: id === known.id ? id : -id }) as Plan['cloud'][number]);
  return { base: [], local: [], cloud, problems: [], decisions: [], more: false, waits: false };
}

describe('the file limit of a device', () => {
  it('[LI-2] [G20] refuses the file past the limit as a problem and lets the others go on', () => {
    const limited = limitFiles(planOfUploads([10, 11, 12]), base, 5);
    expect(limited.cloud.map((op) => op.id)).toEqual([10, 11]);
    expect(limited.problems).toMatchObject([{ key: -12, code: 'LIMIT_FILES' }]);
  });

  it('[LI-2] never refuses a new version of a file that is synced already', () => {
    expect(limitFiles(planOfUploads([2, 2, 2]), base, 3).cloud).toHaveLength(3);
  });
});
