/** Time and ids come in from outside, so that every run of the engine can be repeated. */
export type Clock = { nowMs(): number };
/** `nodeId` and `opId` give UUIDv7 strings. */
export type Ids = { opId(): string; nodeId(): string };
export type Hashes = { sha256Hex(bytes: Uint8Array | string): string };
