import type { BaseId } from '../model/tree.ts';
import type { Entity, Place } from '../reconcile/scene-types.ts';

/** What the order adds to an operation. */
export type Ordering = {
  readonly opId: string;
  readonly after?: readonly string[];
  readonly atomicGroup?: number;
  /** The first half of a move by way of staging. */
  readonly staged?: boolean;
  /** Deletes: everything that goes along, the node itself first, folders before what they hold. */
  readonly goes?: readonly Entity[];
};

/** An operation that is wanted, before its order is known. */
export type Draft<O> = {
  readonly entity: Entity;
  readonly act: 'create' | 'move' | 'aside' | 'trash' | 'change';
  /** Where it comes to stand on its side; null where nothing moves. */
  readonly to: Place | null;
  /** The folder its path leads through, where that is not `to`. */
  readonly under?: Entity;
  readonly build: (ordering: Ordering) => O;
};

export type IdOf = (entity: Entity) => BaseId;
