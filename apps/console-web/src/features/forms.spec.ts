import { NodeId, TeamId, UserId } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { tokenState } from './enrollment/token-state.ts';
import { toNewToken, TokenForm } from './enrollment/token-form.ts';
import { tasksByState } from './overview/tasks-by-state.ts';
import { GrantForm, toNewGrant } from './people/grant-form.ts';
import { teamTree } from './people/team-tree.ts';

const id = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const team = (n: number, name: string, parent: number | null = null) => ({
  id: TeamId.parse(id(n)),
  parentId: parent === null ? null : TeamId.parse(id(parent)),
  name,
  members: 1,
});

describe('GrantForm', () => {
  const filled = {
    to: { type: 'user', id: UserId.parse(id(1)), name: 'Mei' },
    folder: { nodeId: NodeId.parse(id(2)), label: 'Team / Specs' },
    syncRight: 'backer',
    lastDay: new Date(2026, 11, 24, 10),
  } as const;

  it('[PE-4] lets a right end with the chosen day', () => {
    const grant = toNewGrant(GrantForm.parse(filled));
    expect(grant).toMatchObject({ nodeId: id(2), to: { type: 'user', id: id(1) }, syncRight: 'backer' });
    expect(new Date(grant.expiresAt ?? '')).toEqual(new Date(2026, 11, 24, 23, 59, 59, 999));
  });

  it('asks for a person or team, and for a folder', () => {
    const parsed = GrantForm.safeParse({ ...filled, to: null, folder: null });
    expect(parsed.error?.issues.map((issue) => issue.path[0])).toEqual(['to', 'folder']);
  });
});

describe('TokenForm', () => {
  const empty = { label: 'Sales', forWhom: 'users', users: [], team: null, uses: '3', validHours: 72 } as const;

  it('[PE-5] refuses a token that names nobody', () => {
    expect(TokenForm.safeParse(empty).error?.issues[0]?.path).toEqual(['users']);
    expect(TokenForm.safeParse({ ...empty, forWhom: 'team' }).error?.issues[0]?.path).toEqual(['team']);
  });

  it('sends the team only when the token is for a team', () => {
    const both = {
      ...empty,
      users: [{ id: id(1), name: 'Mei', email: 'mei@x.example' }],
      team: { id: id(9), name: 'Sales' },
    };
    expect(toNewToken(TokenForm.parse(both))).toEqual({
      label: 'Sales',
      maxUses: 3,
      validHours: 72,
      userIds: [id(1)],
      teamId: null,
    });
    expect(toNewToken(TokenForm.parse({ ...both, forWhom: 'team' }))).toMatchObject({ userIds: [], teamId: id(9) });
  });
});

describe('tokenState', () => {
  const nowMs = Date.parse('2026-11-22T12:00:00Z');
  const token = { revoked: false, expiresAt: '2026-11-23T12:00:00Z', uses: 0, maxUses: 1 };

  it.each([
    ['usable', {}],
    ['usable', { expiresAt: null, maxUses: null, uses: 900 }],
    ['expired', { expiresAt: '2026-11-22T12:00:00Z' }],
    ['used_up', { uses: 1, expiresAt: '2026-11-22T12:00:00Z' }],
    ['revoked', { revoked: true, uses: 1 }],
  ] as const)('is %s with %j', (state, facts) => {
    expect(tokenState({ ...token, ...facts }, nowMs)).toBe(state);
  });
});

describe('teamTree', () => {
  it('puts each team below its parent, by name, and keeps those whose parent is not seen', () => {
    const rows = teamTree(
      [team(3, 'Zebra'), team(1, 'Engineering'), team(2, 'Platform', 1), team(4, 'Lost', 99)],
      'en',
    );
    expect(rows.map((row) => [row.team.name, row.depth])).toEqual([
      ['Engineering', 0],
      ['Platform', 1],
      ['Lost', 0],
      ['Zebra', 0],
    ]);
  });

  it('orders Chinese names by pinyin', () => {
    const rows = teamTree([team(1, '销售'), team(2, '财务')], 'zh-CN');
    expect(rows.map((row) => row.team.name)).toEqual(['财务', '销售']);
  });
});

describe('tasksByState', () => {
  it('[TA-8] keeps the order of the closed list and passes over what it does not know', () => {
    expect(tasksByState({ blocked: 2, syncing: 1, dreaming: 5, paused: 0 }, ['syncing', 'paused', 'blocked'])).toEqual([
      { status: 'syncing', count: 1 },
      { status: 'blocked', count: 2 },
    ]);
  });
});
