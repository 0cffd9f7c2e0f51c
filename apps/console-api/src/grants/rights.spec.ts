import { ATOMS, type Atom, type GrantId, type NodeId } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { decideRights, judge, type CallerFacts, type SpaceFacts, type Statement } from './rights.ts';

const team: SpaceFacts = { kind: 'team', ownerUserId: null, teamId: 'eng' };
const enterprise: SpaceFacts = { kind: 'enterprise', ownerUserId: null, teamId: null };
const personal: SpaceFacts = { kind: 'personal', ownerUserId: 'ann', teamId: null };
const outsider: CallerFacts = { userId: 'ann', role: 'user', readsPersonalSpace: true, ownTeamIds: new Set() };
const member: CallerFacts = { ...outsider, ownTeamIds: new Set(['eng']) };
const VIEWER = ['visible', 'list', 'preview', 'download'];
const BACKER = ['visible', 'list', 'preview', 'create', 'update', 'move', 'delete'];
const SYNCHRONIZER = ATOMS.filter((atom) => atom !== 'shareLink');

const says = (rank: number, said: Partial<Statement>): Statement => ({
  grantId: 'g' as GrantId,
  nodeId: 'n' as NodeId,
  mayGrant: false,
  rank,
  atoms: null,
  syncRight: null,
  ...said,
});
const sync = (rank: number, syncRight: Statement['syncRight']) => says(rank, { syncRight });
const role = (rank: number, ...atoms: Atom[]) => says(rank, { atoms });
const sorted = (atoms: Iterable<string>) => [...atoms].sort();

describe('decideRights', () => {
  const table: [
    name: string,
    caller: CallerFacts,
    space: SpaceFacts,
    chain: Statement[][],
    atoms: readonly string[],
    right: string,
  ][] = [
    ['[PE-5] a personal space is its owner’s', outsider, personal, [[]], ATOMS, 'synchronizer'],
    ['[PE-5] nobody else sees a personal space', { ...outsider, userId: 'bob' }, personal, [[]], [], 'none'],
    [
      '[PE-5] nor does the super admin',
      { ...outsider, userId: 'bob', role: 'super_admin' },
      personal,
      [[]],
      [],
      'none',
    ],
    [
      '[PE-1] what its owner gives on a folder of it, a person has there',
      { ...outsider, userId: 'bob' },
      personal,
      [[sync(0, 'backer')]],
      BACKER,
      'backer',
    ],
    [
      '[PE-5] being an admin adds nothing to that',
      { ...outsider, userId: 'bob', role: 'super_admin' },
      personal,
      [[role(0, 'visible')]],
      ['visible'],
      'none',
    ],
    [
      '[PE-5] a share is closed to a device that its person has not confirmed',
      { ...outsider, userId: 'bob', readsPersonalSpace: false },
      personal,
      [[sync(0, 'synchronizer')]],
      [],
      'none',
    ],
    [
      '[PE-5] nor an unconfirmed device of the owner',
      { ...outsider, readsPersonalSpace: false },
      personal,
      [[]],
      [],
      'none',
    ],
    ['a member views the team’s space', member, team, [[]], VIEWER, 'none'],
    ['an outsider sees nothing of a team’s space', outsider, team, [[], []], [], 'none'],
    ['everybody views the enterprise space', outsider, enterprise, [[]], VIEWER, 'none'],
    [
      '[PE-1] an admin has every atom and no sync right',
      { ...outsider, role: 'drive_admin' },
      team,
      [[]],
      ATOMS,
      'none',
    ],
    [
      '[PE-1] an admin gets the sync right by a grant',
      { ...outsider, role: 'super_admin' },
      team,
      [[sync(0, 'backer')]],
      ATOMS,
      'backer',
    ],
    ['[PE-1] Backer brings what upload needs', outsider, team, [[sync(0, 'backer')]], BACKER, 'backer'],
    [
      '[PE-1] Backer does not take the viewer’s download',
      member,
      team,
      [[sync(0, 'backer')]],
      [...BACKER, 'download'],
      'backer',
    ],
    [
      '[PE-1] Synchronizer brings all but links',
      outsider,
      team,
      [[sync(1, 'synchronizer')]],
      SYNCHRONIZER,
      'synchronizer',
    ],
    ['[PE-4] is inherited', outsider, team, [[], [], [sync(0, 'backer')]], BACKER, 'backer'],
    [
      '[PE-4] the nearest folder wins over a nearer identity',
      outsider,
      team,
      [[sync(3, 'backer')], [sync(0, 'synchronizer')]],
      BACKER,
      'backer',
    ],
    [
      '[PE-4] `none` on a nearer folder withholds',
      member,
      team,
      [[sync(0, 'none')], [sync(0, 'synchronizer')]],
      VIEWER,
      'none',
    ],
    [
      '[PE-4] the user wins over the own team',
      outsider,
      team,
      [[sync(1, 'synchronizer'), sync(0, 'backer')]],
      BACKER,
      'backer',
    ],
    [
      '[PE-4] the own team wins over its parent',
      member,
      team,
      [[sync(2, 'synchronizer'), sync(1, 'none')]],
      VIEWER,
      'none',
    ],
    [
      '[PE-4] several teams are united',
      outsider,
      team,
      [[sync(1, 'backer'), sync(1, 'synchronizer')]],
      SYNCHRONIZER,
      'synchronizer',
    ],
    [
      '[PE-1] a role nearer by does not erase the sync right',
      outsider,
      team,
      [[role(0, 'visible', 'list')], [sync(1, 'backer')]],
      BACKER,
      'backer',
    ],
    ['[PE-6] a role replaces the default', member, team, [[role(0, 'visible')]], ['visible'], 'none'],
    ['[PE-6] an empty role hides', member, team, [[role(0)], [role(0, 'visible')]], [], 'none'],
    [
      '[PE-4] roles of several teams are united',
      member,
      team,
      [[role(1, 'visible'), role(1, 'list')]],
      ['visible', 'list'],
      'none',
    ],
  ];
  it.each(table)('%s', (_, caller, space, chain, atoms, right) => {
    const rights = decideRights(caller, space, chain);
    expect(sorted(rights.atoms)).toEqual(sorted(atoms));
    expect(rights.syncRight).toBe(right);
  });
});

describe('who may give rights', () => {
  const owner = says(0, { atoms: [...ATOMS], mayGrant: true });
  const editor = says(0, { atoms: [...ATOMS] });
  const may = (caller: CallerFacts, space: SpaceFacts, chain: Statement[][]) =>
    decideRights(caller, space, chain).mayGrant;

  it('[PE-6] is the holder of the role owner, and not an editor with the same atoms', () => {
    expect(may(outsider, team, [[owner]])).toBe(true);
    expect(may(outsider, team, [[editor]])).toBe(false);
    expect(may(outsider, team, [[editor], [owner]])).toBe(false);
  });

  it('[PE-3] is a drive admin in shared spaces, and nobody by a sync right alone', () => {
    expect(may({ ...outsider, role: 'drive_admin' }, team, [[]])).toBe(true);
    expect(may(member, team, [[sync(0, 'synchronizer')]])).toBe(false);
  });

  it('[PE-5] is the owner of a personal space and nobody else, whatever role was given', () => {
    const bob = { ...outsider, userId: 'bob' };
    expect(may(outsider, personal, [[]])).toBe(true);
    expect(may(bob, personal, [[owner]])).toBe(false);
    expect(may({ ...bob, role: 'super_admin' }, personal, [[owner]])).toBe(false);
  });
});

describe('judge', () => {
  it('[PE-4] names the grants that decided, each axis by itself', () => {
    const [far, near] = [sync(0, 'backer'), role(1, 'visible', 'list')];
    const judged = judge(member, team, [[near], [far]]);
    expect(judged).toMatchObject({ basis: 'grant', atomStatements: [near], syncStatements: [far] });
    expect(judge(member, team, [[], []])).toMatchObject({ basis: 'default', atomStatements: [], syncStatements: [] });
    expect(judge(outsider, team, [[]]).basis).toBe('none');
  });
});
