import { Injectable } from '@nestjs/common';
import {
  AppError,
  type DriveNode,
  type NodeId,
  type OpId,
  type TransferAnswer,
  type UserId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SpaceMoveService } from '../copies/space-move.service.ts';
import { BrowseService } from '../drive/browse.service.ts';
import { CommitService } from '../drive/commit.service.ts';
import { AccessService } from '../grants/access.service.ts';
import { NoticeService } from '../notices/notice.service.ts';
import type { PersonPrincipal } from '../platform/principal.ts';
import { findFolderNamed, findReceiver, getUserName, type Receiver } from './transfer.store.ts';

/** Where received transfers are found (TA-2). */
export const TRANSFERS_FOLDER = 'Received transfers';
const MAX_NAME_TRIES = 50;
const MAX_FOLDER_TRIES = 5;

type Told = (inMove: EntityManager, node: DriveNode) => Promise<unknown>;

/**
 * Hands something of the own personal space over to somebody: with its id and all its versions it is theirs from then on, and
 * what was shared of it is not shared any more. It moves in one transaction; the folder that takes it may be there before.
 */
@Injectable()
export class TransferService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly drive: BrowseService,
    private readonly commits: CommitService,
    private readonly moves: SpaceMoveService,
    private readonly notices: NoticeService,
  ) {}

  async transfer(giver: PersonPrincipal, nodeId: NodeId, to: UserId): Promise<TransferAnswer> {
    const { manager } = this.dataSource;
    const access = await this.access.require(manager, giver, { nodeId, atom: 'move' });
    if (access.spaceKind !== 'personal' || access.ownerUserId !== giver.userId) throw new AppError('FORBIDDEN');
    const receiver = await findReceiver(manager, giver.enterpriseId, to);
    if (!receiver) throw new AppError('NOT_FOUND', { what: 'The user' });
    if (receiver.userId === giver.userId)
      throw new AppError('INVALID_INPUT', { reason: 'body.to: it is yours already' });
    const of = { enterpriseId: giver.enterpriseId, to: receiver.userId };
    const given = await this.drive.getNode(giver, nodeId);
    const from = await getUserName(manager, giver);
    const whenMoved = (inMove: EntityManager, { id, kind, name }: DriveNode) =>
      this.notices.tell(inMove, {
        ...of,
        told: { kind: 'transfer_received', nodeId: id, nodeKind: kind, name, from },
      });
    const { node } = await this.handOver(giver, nodeId, { receiver, whenMoved });
    this.notices.announce(of);
    // PE-5: the name that the giver knows, not the one it got beside what the receiver has.
    return { nodeId, kind: node.kind, name: given.name, to: receiver.name };
  }

  /** Once more when the receiver moves the folder that takes it away, or deletes it, before it is there. */
  private async handOver(
    giver: PersonPrincipal,
    nodeId: NodeId,
    { receiver, whenMoved }: { readonly receiver: Receiver; readonly whenMoved: Told },
  ): Promise<{ node: DriveNode }> {
    const principal: PersonPrincipal = { ...giver, userId: receiver.userId, role: receiver.role };
    const to = { principal, spaceId: receiver.spaceId };
    for (let attempt = 1; ; attempt += 1) {
      const place = { parentId: await this.ensureFolder(principal, receiver) };
      try {
        return await this.moves.handOver(giver, nodeId, { place, receiver: to, whenMoved });
      } catch (error) {
        if (attempt >= MAX_FOLDER_TRIES || !isFolderGone(error)) throw error;
      }
    }
  }

  /** The receiver's own folder of that name; where a file has the name, the next free one. */
  private async ensureFolder(principal: PersonPrincipal, receiver: Receiver): Promise<NodeId> {
    for (let number = 1; number <= MAX_NAME_TRIES; number += 1) {
      const name = number === 1 ? TRANSFERS_FOLDER : `${TRANSFERS_FOLDER} (${number})`;
      // Looked for again after it could not be made: another transfer may have been quicker.
      const folderId =
        (await this.findFolder(receiver, name)) ??
        (await this.makeFolder(principal, receiver, name)) ??
        (await this.findFolder(receiver, name));
      if (folderId) return folderId;
    }
    throw new AppError('NAME_TAKEN', { name: TRANSFERS_FOLDER });
  }

  private findFolder(receiver: Receiver, name: string): Promise<NodeId | undefined> {
    return findFolderNamed(this.dataSource.manager, receiver, name);
  }

  private async makeFolder(principal: PersonPrincipal, receiver: Receiver, name: string): Promise<NodeId | undefined> {
    const [opId, nodeId] = [uuidv7() as OpId, uuidv7() as NodeId];
    const { outcomes } = await this.commits.commit({
      principal,
      spaceId: receiver.spaceId,
      request: {
        atomic: true,
        ops: [{ kind: 'createFolder', opId, nodeId, parentId: receiver.rootId, name }],
        inline: [],
      },
      pack: { packId: undefined, sizeBytes: 0, packed: [], proven: [] },
    });
    const [outcome] = outcomes;
    if (outcome?.status === 'done') return nodeId;
    if (outcome?.code === 'NAME_TAKEN') return undefined;
    throw new AppError(outcome?.code ?? 'INTERNAL');
  }
}

function isFolderGone(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'PARENT_UNKNOWN' || error.code === 'PARENT_TRASHED');
}
