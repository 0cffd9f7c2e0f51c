import {
  ATOMS,
  SYNC_RIGHT_ATOMS,
  type Atom,
  type GrantId,
  type RightSource,
  type RightsExplanation,
} from '@tideline/contracts';
import type { Judgement, Statement } from './rights.ts';

type Reasons = Pick<RightsExplanation, 'atoms' | 'syncRight' | 'mayGrant'>;
type Reason = { readonly source: RightSource; readonly grantIds: GrantId[] };

/** Why each atom and the sync right are as they are. `isPassage`: the folder is only on the way to one that is open. */
export function explainJudgement(judgement: Judgement, isPassage: boolean): Reasons {
  const { rights } = judgement;
  return {
    atoms: ATOMS.map((atom) => {
      const isWay = isPassage && atom === 'visible';
      const reason = isWay ? because('passage') : whyAtom(judgement, atom);
      return { atom, allowed: isWay || rights.atoms.has(atom), ...reason };
    }),
    syncRight: { right: rights.syncRight, ...whySyncRight(judgement) },
    mayGrant: rights.mayGrant,
  };
}

/** Where most of what somebody may do comes from. */
export function mainSource(judgement: Judgement): RightSource {
  if (judgement.basis === 'own_space' || judgement.basis === 'account_role') return judgement.basis;
  return judgement.rights.syncRight === 'none' ? judgement.basis : 'sync_right';
}

function whyAtom(judgement: Judgement, atom: Atom): Reason {
  const { basis, atomStatements, syncStatements, rights } = judgement;
  if (basis === 'own_space' || basis === 'account_role') return because(basis);
  const giving = atomStatements.filter((statement) => statement.atoms?.includes(atom));
  if (giving.length > 0) return because('grant', giving);
  const bringing = syncStatements.filter((statement) => SYNC_RIGHT_ATOMS[statement.syncRight ?? 'none'].includes(atom));
  if (bringing.length > 0) return because('sync_right', bringing);
  if (rights.atoms.has(atom)) return because('default');
  // Refused by the grants that say what may be done here, or because nothing says anything.
  return atomStatements.length > 0 ? because('grant', atomStatements) : because('none');
}

function whySyncRight({ basis, syncStatements }: Judgement): Reason {
  if (basis === 'own_space') return because(basis);
  return syncStatements.length > 0 ? because('grant', syncStatements) : because('none');
}

function because(source: RightSource, statements: readonly Statement[] = []): Reason {
  return { source, grantIds: statements.map((statement) => statement.grantId) };
}
