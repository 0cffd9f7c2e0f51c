import type { BaseId, CloudId } from '../model/tree.ts';

/** Ids a plan gives out. `baseId` answers an id of base that was never used; all are given in a fixed order. */
export type PlanIds = { opId(): string; nodeId(): CloudId; baseId(): BaseId };
