import type { DeviceId, EnterpriseId, SpaceId, UserId } from '@tideline/contracts';

export type SpaceWatcher = (spaceId: SpaceId, seq: number | undefined) => void;

/**
 * Tells connected devices and console pages that something changed. Call after commit, never inside a transaction.
 * Calls return at once and never throw; a lost nudge only costs latency.
 */
export abstract class SocketHub {
  private readonly watchers = new Set<SpaceWatcher>();

  /** Told of every nudge, and without a seq of every change of rights. Must neither throw nor wait. */
  watchSpaces(watcher: SpaceWatcher): void {
    this.watchers.add(watcher);
  }

  protected tellWatchers(spaceId: SpaceId, seq?: number): void {
    for (const watcher of this.watchers) watcher(spaceId, seq);
  }

  /** The space has a new seq: watchers pull the feed. */
  abstract nudgeSpace(enterpriseId: EnterpriseId, spaceId: SpaceId, seq: number): void;
  /** Rights in this space changed: devices that want it, and see it now or did before, ask for their caps again. */
  abstract rightsChanged(enterpriseId: EnterpriseId, spaceId: SpaceId): void;
  /** VE-3: a space with a quota, or any of the enterprise, has more room than before: devices try again what waits for it. */
  abstract roomFreed(enterpriseId: EnterpriseId, spaceId?: SpaceId): void;
  /** Feature, limits or spaces changed, for one device or all of the enterprise. */
  abstract settingsChanged(enterpriseId: EnterpriseId, deviceId?: DeviceId): void;
  /** Somebody, or every admin, is to be told something: their pages fetch it. */
  abstract noticesChanged(enterpriseId: EnterpriseId, to: UserId | 'admins'): void;
  /** State of a device changed: pages of those who see it (PE-3) fetch it again. */
  abstract deviceChanged(enterpriseId: EnterpriseId, deviceId: DeviceId): void;
}
