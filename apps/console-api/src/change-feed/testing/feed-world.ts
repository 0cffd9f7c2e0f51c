import { DriveWorld } from '../../drive/testing/drive-world.ts';
import { ChangesService } from '../changes.service.ts';
import { ListingService } from '../listing.service.ts';
import { ScopeService } from '../scope.service.ts';
import { SpaceWaiters } from '../space-waiters.ts';

export type FeedWorld = {
  readonly drive: DriveWorld;
  readonly scopes: ScopeService;
  readonly changes: ChangesService;
  readonly listings: ListingService;
};

export async function openFeedWorld(): Promise<FeedWorld> {
  const drive = await DriveWorld.open();
  const { dataSource } = drive.database;
  const scopes = new ScopeService(dataSource, drive.access);
  return {
    drive,
    scopes,
    changes: new ChangesService(dataSource, scopes, new SpaceWaiters(dataSource, drive.hub)),
    listings: new ListingService(dataSource, scopes),
  };
}
