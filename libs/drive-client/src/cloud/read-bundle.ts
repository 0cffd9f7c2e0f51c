import { AppError, routes, type ContentId, type NodeId } from '@tideline/contracts';
import type { BundleItem } from '@tideline/sync-core';
import type { CloudContext } from './create-cloud.ts';
import { slices } from './slices.ts';

type Asked = { readonly nodeId: string; readonly contentId: string };

/** Small files, many at once. A bundle that breaks off is asked for again as a whole: it is small, and nothing was placed yet. */
export async function readBundle(
  context: CloudContext,
  nodes: readonly Asked[],
  signal: AbortSignal,
): Promise<readonly BundleItem[]> {
  const items: BundleItem[] = [];
  for (const slice of slices(nodes, context.limits.bundleItems)) {
    items.push(...(await context.retry(() => readOnce(context, slice, signal), signal)));
  }
  return items;
}

async function readOnce(
  { client, params }: CloudContext,
  nodes: readonly Asked[],
  signal: AbortSignal,
): Promise<readonly BundleItem[]> {
  const body = {
    nodes: nodes.map((node) => ({ nodeId: node.nodeId as NodeId, contentId: node.contentId as ContentId })),
  };
  const frame = await client.callFrame(routes.drive.bundle, { params, body }, { signal });
  const items: BundleItem[] = [];
  const asked = new Set(nodes.map((node) => node.nodeId));
  for (const item of frame.header.items) {
    if (!asked.has(item.nodeId)) return refuse(frame);
    if (item.status === 'unavailable') items.push({ t: 'unavailable', nodeId: item.nodeId, code: item.code });
    else {
      const { nodeId, contentId } = item;
      items.push({ t: 'bytes', nodeId, contentId, bytes: await frame.read(item.size) });
    }
  }
  await frame.end();
  return items;
}

async function refuse(frame: { cancel(): Promise<void> }): Promise<never> {
  await frame.cancel();
  throw new AppError('INTERNAL', {}, { details: { reason: 'a bundle held a file that was not asked for' } });
}
