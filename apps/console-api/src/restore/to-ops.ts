import type { BatchOp, ChunkRef, NodeName, OpId } from '@tideline/contracts';
import type { z } from 'zod';
import type { StoredStep } from './restore.store.ts';

type Placed = { readonly parentId: NonNullable<StoredStep['parentId']>; readonly name: z.output<typeof NodeName> };

type Plan = {
  /** Chunks by content id. */
  readonly manifests: ReadonlyMap<string, readonly ChunkRef[]>;
  readonly plannedSeq: number | null;
};

/**
 * The operation that carries a step out; `undefined`: its content is not kept any more. BI-5: a folder in which something was saved
 * since the plan is not trashed with it.
 */
export function toOp(step: StoredStep, { manifests, plannedSeq }: Plan): BatchOp | undefined {
  const ids = { opId: step.opId as OpId, nodeId: step.nodeId };
  switch (step.kind) {
    case 'move':
    case 'aside':
      return { kind: 'move', ...ids, ...placeOf(step) };
    case 'bring_back':
      return { kind: 'restore', ...ids, to: placeOf(step) };
    case 'trash':
      return { kind: 'trash', ...ids, ...(plannedSeq === null ? {} : { ifSubtreeSeq: plannedSeq }) };
    case 'meta':
      return { kind: 'setMeta', ...ids, mtimeMs: step.mtimeMs, exec: step.exec };
    case 'recreate':
      if (step.nodeKind === 'folder') return { kind: 'createFolder', ...ids, ...placeOf(step) };
      return withContent(step, manifests, (file) => ({ kind: 'createFile', ...ids, ...placeOf(step), ...file }));
    case 'version':
      return withContent(step, manifests, (file) => ({ kind: 'putVersion', ...ids, ...file }));
    default:
      return step.kind satisfies never;
  }
}

type FileContent = Pick<Extract<BatchOp, { kind: 'putVersion' }>, 'content' | 'mtimeMs' | 'exec'>;

function withContent(
  step: StoredStep,
  manifests: ReadonlyMap<string, readonly ChunkRef[]>,
  toFileOp: (file: FileContent) => BatchOp,
): BatchOp | undefined {
  const chunks = step.contentId === null ? undefined : manifests.get(step.contentId);
  if (!chunks || step.size === null) return undefined;
  return toFileOp({ content: { size: step.size, chunks: [...chunks] }, mtimeMs: step.mtimeMs, exec: step.exec });
}

function placeOf(step: StoredStep): Placed {
  if (step.parentId === null || step.name === null) throw new Error(`step ${step.ordinal} places a node nowhere`);
  return { parentId: step.parentId, name: step.name };
}
