/** Time and ids come in from outside, so that every run of the engine can be repeated. */
export type Clock = { nowMs(): number };
/** In [0, 1); only spreads waits, no decision rests on it. */
export type Chance = { next(): number };
/** `nodeId` and `opId` give UUIDv7 strings. */
export type Ids = { opId(): string; nodeId(): string };
export type Hashes = { sha256Hex(bytes: Uint8Array | string): string };
