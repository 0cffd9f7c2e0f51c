import { createHash } from 'node:crypto';
import { parseCloudPath, routes } from '@tideline/contracts';
import type { BatchOp, ChunkRef, DriveNode, NodeVersion, RouteCall, Space } from '@tideline/contracts';
import type { ApiClient } from '@tideline/drive-client';

type BatchCall = RouteCall<typeof routes.drive.batch>;
type OpInput = BatchCall['body']['ops'][number];

/** A folder in the cloud as a person works on it: by the drive API, one change at a time. */
export class CloudFolder {
  readonly api: ApiClient;
  readonly space: Space;
  readonly node: DriveNode;

  private constructor(api: ApiClient, space: Space, node: DriveNode) {
    this.api = api;
    this.space = space;
    this.node = node;
  }

  static async find(api: ApiClient, path: string): Promise<CloudFolder> {
    const { space, node, missing } = await api.call(routes.drive.resolve, { query: { path } });
    if (missing.length > 0) throw new Error(`${path} does not exist: ${missing.join('/')} is missing`);
    return new CloudFolder(api, space, node);
  }

  static async make(api: ApiClient, path: string): Promise<CloudFolder> {
    if (!parseCloudPath(path)) throw new Error(`${path} is not a cloud path`);
    const { space, node, missing } = await api.call(routes.drive.resolve, { query: { path } });
    let folder = new CloudFolder(api, space, node);
    for (const name of missing) folder = new CloudFolder(api, space, await folder.createFolder(name));
    return folder;
  }

  async children(): Promise<readonly DriveNode[]> {
    const { nodes } = await this.api.call(routes.drive.children, {
      params: { nodeId: this.node.id },
      query: { limit: 1000 },
    });
    return nodes;
  }

  async find(name: string): Promise<DriveNode | undefined> {
    return (await this.children()).find((node) => node.name === name);
  }

  async get(name: string): Promise<DriveNode> {
    const node = await this.find(name);
    if (!node) throw new Error(`${name} is not in the cloud folder ${this.node.name}`);
    return node;
  }

  async versions(node: DriveNode): Promise<readonly NodeVersion[]> {
    return (await this.api.call(routes.drive.versions, { params: { nodeId: node.id } })).versions;
  }

  /** Bytes of a file, as text: of its head, or of one of its versions. */
  async read(node: DriveNode, version?: NodeVersion): Promise<string> {
    const query = version ? { version: version.id } : {};
    const parts: Uint8Array[] = [];
    const stream = await this.api.stream(routes.drive.content, { params: { nodeId: node.id }, query });
    for await (const part of stream) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  }

  async createFolder(name: string): Promise<DriveNode> {
    return this.#commit({ kind: 'createFolder', opId: newId(), nodeId: newId(), parentId: this.node.id, name });
  }

  async createFile(name: string, text: string): Promise<DriveNode> {
    const { content, bytes } = contentOf(text);
    const ids = { opId: newId(), nodeId: newId(), parentId: this.node.id };
    return this.#commit({ kind: 'createFile', ...ids, name, content, mtimeMs: null, exec: false }, bytes);
  }

  async write(node: DriveNode, text: string): Promise<DriveNode> {
    const { content, bytes } = contentOf(text);
    const op = { kind: 'putVersion', opId: newId(), nodeId: node.id, content, mtimeMs: null, exec: node.exec } as const;
    return this.#commit(op, bytes);
  }

  async rename(node: DriveNode, name: string): Promise<DriveNode> {
    return this.#commit({ kind: 'move', opId: newId(), nodeId: node.id, parentId: this.node.id, name });
  }

  async trash(node: DriveNode): Promise<DriveNode> {
    return this.#commit({ kind: 'trash', opId: newId(), nodeId: node.id });
  }

  async #commit(op: OpInput, bytes?: Buffer): Promise<DriveNode> {
    const inline: ChunkRef[] = bytes && bytes.length > 0 ? [chunkOf(bytes)] : [];
    const call = { params: { spaceId: this.space.id }, body: { atomic: true, ops: [op], inline } };
    const { outcomes } = await this.api.sendFrame(routes.drive.batch, call, bytes ? [bytes] : []);
    const [outcome] = outcomes;
    if (outcome?.status !== 'done') throw new Error(`${op.kind} was refused: ${JSON.stringify(outcome)}`);
    return outcome.node;
  }
}

function contentOf(text: string): { content: { size: number; chunks: ChunkRef[] }; bytes: Buffer } {
  const bytes = Buffer.from(text);
  return { content: { size: bytes.length, chunks: bytes.length > 0 ? [chunkOf(bytes)] : [] }, bytes };
}

function chunkOf(bytes: Buffer): ChunkRef {
  return { hash: createHash('sha256').update(bytes).digest('hex') as ChunkRef['hash'], size: bytes.length };
}

/** The ids of the API are branded; those who make new ones say which they mean by where they use them. */
function newId<Id extends BatchOp['opId'] | BatchOp['nodeId']>(): Id {
  return crypto.randomUUID() as Id;
}
