import type { DatabaseSync } from 'node:sqlite';
import type { CloudId, CloudNode, LocalKey, LocalNode, Observed } from '@tideline/sync-core';
import { OverlayMap } from './overlay-map.ts';
import { CLOUD_COLUMNS, fromCloudSeen, fromLocalSeen, LOCAL_COLUMNS, toCloudSeen, toLocalSeen } from './rows.ts';

export type LocalOverlayStore = OverlayMap<LocalKey, Observed<LocalNode>>;
export type CloudOverlayStore = OverlayMap<CloudId, Observed<CloudNode>>;

export const createLocalOverlayStore = (db: DatabaseSync, maxHeld?: number): LocalOverlayStore =>
  new OverlayMap(
    db,
    { table: 'local_delta', columns: LOCAL_COLUMNS, keyColumn: 'key', toRow: fromLocalSeen, fromRow: toLocalSeen },
    maxHeld,
  );

export const createCloudOverlayStore = (db: DatabaseSync, maxHeld?: number): CloudOverlayStore =>
  new OverlayMap(
    db,
    { table: 'cloud_delta', columns: CLOUD_COLUMNS, keyColumn: 'id', toRow: fromCloudSeen, fromRow: toCloudSeen },
    maxHeld,
  );
