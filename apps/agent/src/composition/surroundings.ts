import { hash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Chance, Clock, Hashes, Ids } from '@tideline/sync-core';

/** The version this agent tells servers and people; minimum versions are compared with it (EN-3). */
export const AGENT_VERSION = '1.4.0';

export const clock: Clock = { nowMs: () => Date.now() };
export const monotonic: Clock = { nowMs: () => performance.now() };
export const ids: Ids = { opId: () => uuidv7(), nodeId: () => uuidv7() };
export const chance: Chance = { next: () => Math.random() };
export const hashes: Hashes = { sha256Hex: (bytes) => hash('sha256', bytes, 'hex') };
export const newId = (): string => uuidv7();
