import { Injectable } from '@nestjs/common';
import {
  AppError,
  type ActionList,
  type ActionListId,
  type EnterpriseId,
  type SaveActionList,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SocketHub } from '../platform/socket-hub.ts';
import { databaseErrorCode, inTransaction, isUniqueViolation } from '../platform/transaction.ts';
import { deleteActionList, insertActionList, listActionLists, updateActionList } from './action-list.store.ts';
import { bumpCapsRev } from './grant.store.ts';

const FOREIGN_KEY_VIOLATION = '23503';

/** PE-6: lists of actions that an enterprise makes for itself. */
@Injectable()
export class ActionListService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sockets: SocketHub,
  ) {}

  list(enterpriseId: EnterpriseId): Promise<ActionList[]> {
    return listActionLists(this.dataSource.manager, enterpriseId);
  }

  async create(enterpriseId: EnterpriseId, wanted: SaveActionList): Promise<ActionList> {
    const id = uuidv7() as ActionListId;
    return this.save(wanted, async (manager) => {
      await insertActionList(manager, enterpriseId, { ...wanted, id });
      return getList(manager, enterpriseId, id);
    });
  }

  /** Everybody who was given the list has the new actions from now on. */
  async update(enterpriseId: EnterpriseId, id: ActionListId, wanted: SaveActionList): Promise<ActionList> {
    const { list, spaceIds } = await this.save(wanted, async (manager) => {
      const spaceIds = await updateActionList(manager, enterpriseId, { ...wanted, id });
      if (!spaceIds) throw new AppError('NOT_FOUND', { what: 'The list of actions' });
      await bumpCapsRev(manager, enterpriseId, spaceIds);
      return { list: await getList(manager, enterpriseId, id), spaceIds };
    });
    for (const spaceId of spaceIds) this.sockets.rightsChanged(enterpriseId, spaceId);
    return list;
  }

  async remove(enterpriseId: EnterpriseId, id: ActionListId): Promise<void> {
    try {
      const isRemoved = await deleteActionList(this.dataSource.manager, enterpriseId, id);
      if (!isRemoved) throw new AppError('NOT_FOUND', { what: 'The list of actions' });
    } catch (error) {
      if (databaseErrorCode(error) === FOREIGN_KEY_VIOLATION) throw new AppError('ACTION_LIST_IN_USE');
      throw error;
    }
  }

  private async save<T>(wanted: SaveActionList, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.dataSource, work);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('ALREADY_EXISTS', { what: `The list of actions ${wanted.name}` }, { cause: error });
    }
  }
}

async function getList(manager: EntityManager, enterpriseId: EnterpriseId, id: ActionListId): Promise<ActionList> {
  const [list] = await listActionLists(manager, enterpriseId, id);
  if (!list) throw new AppError('NOT_FOUND', { what: 'The list of actions' });
  return list;
}
