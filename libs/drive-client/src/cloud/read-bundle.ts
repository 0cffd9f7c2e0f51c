import { AppError, routes, type ContentId, type NodeId } from '@tideline/contracts';
import type { BundleItem } from '@tideline/sync-core';
import type { CloudContext } from './create-cloud.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import { slices } from './slices.ts';

type Asked = { readonly nodeId: string; readonly contentId: string };
type Bundle = { readonly nodes: readonly Asked[]; readonly memory: ReceiveMemory };

/**
 * Files of one chunk, many at once. A bundle that breaks off goes on behind the last whole file; only tries that bring none
 * count against the retry's bound.
 */
export async function readBundle(
  context: CloudContext,
  { nodes, memory }: Bundle,
  signal: AbortSignal,
): Promise<readonly BundleItem[]> {
  const items: BundleItem[] = [];
  for (const slice of slices(nodes, context.limits.bundleItems)) {
    for (let rest = slice; rest.length > 0;) {
      const asked = { nodes: rest, memory };
      const came = await context.retry(() => readSome(context, asked, signal), signal);
      items.push(...came.items);
      if (came.isWhole) break;
      const ids = new Set(came.items.map(({ nodeId }) => nodeId));
      rest = rest.filter(({ nodeId }) => !ids.has(nodeId));
    }
  }
  return items;
}

type Came = { readonly items: readonly BundleItem[]; readonly isWhole: boolean };

/** At least one item, unless the answer is whole. */
async function readSome(
  { client, params }: CloudContext,
  { nodes, memory }: Bundle,
  signal: AbortSignal,
): Promise<Came> {
  const body = {
    nodes: nodes.map((node) => ({ nodeId: node.nodeId as NodeId, contentId: node.contentId as ContentId })),
  };
  const frame = await client.callFrame(routes.drive.bundle, { params, body }, { signal });
  const asked = new Set(nodes.map((node) => node.nodeId));
  if (frame.header.items.some((item) => !asked.has(item.nodeId))) return refuse(frame);
  const items: BundleItem[] = [];
  try {
    for (const item of frame.header.items) {
      const { nodeId } = item;
      if (item.status === 'unavailable') items.push({ t: 'unavailable', nodeId, code: item.code });
      else items.push({ t: 'bytes', nodeId, contentId: item.contentId, bytes: await memory.receive(frame, item.size) });
    }
    await frame.end();
    return { items, isWhole: true };
  } catch (error) {
    if (items.length === 0 || !(error instanceof AppError) || error.code !== 'SERVER_UNREACHABLE') throw error;
    return { items, isWhole: false };
  }
}

async function refuse(frame: { cancel(): Promise<void> }): Promise<never> {
  await frame.cancel();
  throw new AppError('INTERNAL', {}, { details: { reason: 'a bundle held a file that was not asked for' } });
}
