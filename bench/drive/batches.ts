import { createHash, randomBytes } from 'node:crypto';
import { routes, type BatchOp, type ChunkRef, type NodeId, type OpId } from '@tideline/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { DeviceClient } from './device-client.ts';

export const BATCH_OPS = 500;

/** A request that is ready to be sent: making up bytes and hashing them is not what is measured. */
export type PreparedBatch = {
  readonly ops: readonly BatchOp[];
  readonly inline: readonly ChunkRef[];
  readonly parts: readonly Uint8Array[];
};

/** One new folder with 499 new files in it, their bytes inline. */
export function prepareFiles(parentId: NodeId, name: string, sizeBytes: number): PreparedBatch {
  const folder = createFolder(parentId, name);
  const parts = Array.from({ length: BATCH_OPS - 1 }, () => randomBytes(sizeBytes));
  const inline = parts.map(chunkOf);
  const files = inline.map((chunk, index) => createFile(folder.nodeId, `file ${index}.dat`, chunk));
  return { ops: [folder, ...files], inline, parts };
}

/** Sends a batch and makes sure that every operation was done. */
export async function commit(device: DeviceClient, batch: PreparedBatch, atomic = false): Promise<void> {
  const { ops, inline, parts } = batch;
  const call = { params: { spaceId: device.spaceId }, body: { atomic, ops: [...ops], inline: [...inline] } };
  const { outcomes } = await device.api.sendFrame(routes.drive.batch, call, parts);
  const refused = outcomes.find((outcome) => outcome.status !== 'done');
  if (refused) throw new Error(`an operation was refused: ${JSON.stringify(refused)}`);
}

export function createFolder(parentId: NodeId, name: string): BatchOp & { readonly nodeId: NodeId } {
  return { kind: 'createFolder', opId: newId<OpId>(), nodeId: newId<NodeId>(), parentId, name };
}

export function createFile(parentId: NodeId, name: string, chunk?: ChunkRef): BatchOp & { readonly nodeId: NodeId } {
  const content = chunk ? { size: chunk.size, chunks: [chunk] } : { size: 0, chunks: [] };
  const ids = { opId: newId<OpId>(), nodeId: newId<NodeId>(), parentId };
  return { kind: 'createFile', ...ids, name, content, mtimeMs: 1_700_000_000_000, exec: false };
}

export function move(nodeId: NodeId, parentId: NodeId, name: string): BatchOp {
  return { kind: 'move', opId: newId<OpId>(), nodeId, parentId, name };
}

/** Ids that grow with time, as agents make them: rows of one batch lie together in every index. */
export function newId<Id extends NodeId | OpId>(): Id {
  return uuidv7() as Id;
}

export function chunkOf(bytes: Uint8Array): ChunkRef {
  return { hash: createHash('sha256').update(bytes).digest('hex') as ChunkRef['hash'], size: bytes.length };
}
