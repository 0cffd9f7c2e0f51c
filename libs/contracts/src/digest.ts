import type { NodeKind } from './drive.ts';

/**
 * The digest of a tree is the sum modulo 2^128 over every node below the root (the root itself excluded) of the first 16
 * bytes, big-endian, of SHA-256 over the node's line; printed as 32 lower-case hexadecimal digits. Being a sum it does not
 * depend on order, and a change of one node changes it by that node's old and new term only.
 */
export const DIGEST_MODULUS = 1n << 128n;
export const EMPTY_DIGEST = '0'.repeat(32);

export type DigestedNode = {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: NodeKind;
  readonly contentId: string | null;
};

/** What is hashed for one node: UTF-8 of this text. Names hold no line feed that could be mistaken: ids and kinds have fixed shapes. */
export function digestLine(node: DigestedNode): string {
  return `${node.id}\n${node.parentId ?? ''}\n${node.name}\n${node.kind}\n${node.contentId ?? ''}`;
}

/** The term of one node; to be added when the node is there and subtracted when it goes. */
export function digestTerm(node: DigestedNode, sha256Hex: (text: string) => string): bigint {
  return BigInt(`0x${sha256Hex(digestLine(node)).slice(0, 32)}`);
}

export function addDigestTerms(left: bigint, right: bigint): bigint {
  return (left + right) % DIGEST_MODULUS;
}

export function subtractDigestTerm(sum: bigint, term: bigint): bigint {
  return (sum - term + DIGEST_MODULUS) % DIGEST_MODULUS;
}

export function formatDigest(sum: bigint): string {
  return sum.toString(16).padStart(32, '0');
}

/** Digest of nodes that are all held in memory; the root must not be among them. */
export function digestOf(nodes: Iterable<DigestedNode>, sha256Hex: (text: string) => string): string {
  let sum = 0n;
  for (const node of nodes) sum = addDigestTerms(sum, digestTerm(node, sha256Hex));
  return formatDigest(sum);
}
