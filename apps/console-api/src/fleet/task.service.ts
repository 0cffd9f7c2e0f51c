import { Injectable } from '@nestjs/common';
import {
  AppError,
  MAX_TASKS,
  type RegisterTask,
  type RegisteredTask,
  type SpaceKind,
  type TaskId,
} from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { FeatureService } from '../enterprise/feature.service.ts';
import { AccessService } from '../grants/access.service.ts';
import { Clock } from '../platform/clock.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { inTransaction } from '../platform/transaction.ts';
import { HealthService } from './health.service.ts';
import { saveSums } from './report.store.ts';
import { findTaskRightRefusal } from './task-right.ts';
import { deleteTask, insertTask, listTasks, lockDevice } from './task.store.ts';

type Wanted = z.output<typeof RegisterTask>;

/** Sync tasks as the server knows them: a device creates one, the server allows or refuses it. */
@Injectable()
export class TaskService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly access: AccessService,
    private readonly spaces: SpaceSight,
    private readonly health: HealthService,
    private readonly features: FeatureService,
  ) {}

  list(device: DevicePrincipal): Promise<RegisteredTask[]> {
    return listTasks(this.dataSource, device);
  }

  async register(device: DevicePrincipal, taskId: TaskId, wanted: Wanted): Promise<RegisteredTask> {
    const place = await this.describePlace(device, wanted);
    const task = await inTransaction(this.dataSource, async (manager) => {
      await this.features.requireFeature(manager, device);
      await lockDevice(manager, device);
      const tasks = await listTasks(manager, device);
      const repeated = findRepeated(tasks, taskId, wanted);
      if (repeated) return repeated;
      if (tasks.length >= MAX_TASKS) throw new AppError('LIMIT_TASKS', { max: MAX_TASKS });
      const spaceKind = await this.requireRight(manager, device, { ...wanted, cloudPath: place });
      const created = { ...wanted, id: taskId, cloudPath: place, spaceKind, createdAt: this.clock.now().toISOString() };
      await insertTask(manager, device, created);
      await saveSums(manager, device);
      return created;
    });
    await this.health.announce(device);
    return task;
  }

  /** TA-4: removes the task, never files. Removing it again is no error. */
  async remove(device: DevicePrincipal, taskId: TaskId): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await lockDevice(manager, device);
      await deleteTask(manager, device, taskId);
      await saveSums(manager, device);
    });
    await this.health.announce(device);
  }

  private async requireRight(
    manager: EntityManager,
    device: DevicePrincipal,
    task: Wanted & { readonly cloudPath: string },
  ): Promise<SpaceKind> {
    const access = (await this.access.resolve(manager, device, [task.rootNodeId])).get(task.rootNodeId);
    if (!access || access.spaceId !== task.spaceId) throw new AppError('NODE_UNKNOWN');
    const refusal = findTaskRightRefusal(access.syncRight, task.mode);
    if (!refusal) return access.spaceKind;
    const right = refusal.code === 'RIGHT_MISSING' ? { right: refusal.right } : {};
    throw new AppError(refusal.code, { path: task.cloudPath, ...right });
  }

  /** The cloud path as the person writes it; what the device may not see is not described. */
  private async describePlace(device: DevicePrincipal, wanted: Wanted): Promise<string> {
    const place = await this.spaces.findCloudPath(device, wanted.rootNodeId);
    if (place?.spaceId !== wanted.spaceId) throw new AppError('NODE_UNKNOWN');
    return place.text;
  }
}

/** The same creation sent again is answered as before; another one under a used id is a mistake of the device. */
function findRepeated(tasks: readonly RegisteredTask[], taskId: TaskId, wanted: Wanted): RegisteredTask | undefined {
  const existing = tasks.find((task) => task.id === taskId);
  if (!existing) return undefined;
  const isSame =
    existing.mode === wanted.mode && existing.spaceId === wanted.spaceId && existing.rootNodeId === wanted.rootNodeId;
  if (!isSame) throw new AppError('ALREADY_EXISTS', { what: 'A task with this id' });
  return existing;
}
