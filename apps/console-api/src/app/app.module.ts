import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { BlobCollectorModule } from '../blob-collector/blob-collector.module.ts';
import { BlobsModule } from '../blobs/blobs.module.ts';
import { ChangeFeedModule } from '../change-feed/change-feed.module.ts';
import { SERVER_CONFIG } from '../config/server-config.ts';
import { CopiesModule } from '../copies/copies.module.ts';
import { DriveModule } from '../drive/drive.module.ts';
import { EnterpriseModule } from '../enterprise/enterprise.module.ts';
import { FilesModule } from '../files/files.module.ts';
import { FirstStartModule } from '../first-start/first-start.module.ts';
import { FleetModule } from '../fleet/fleet.module.ts';
import { GrantsModule } from '../grants/grants.module.ts';
import { IdentityModule } from '../identity/identity.module.ts';
import { JobsModule } from '../jobs/jobs.module.ts';
import { NoticesModule } from '../notices/notices.module.ts';
import { OperatorModule } from '../operator/operator.module.ts';
import { PeopleAdminModule } from '../people-admin/people-admin.module.ts';
import { AuthGuard } from '../platform/auth.guard.ts';
import { Clock } from '../platform/clock.ts';
import { ErrorFilter } from '../platform/error.filter.ts';
import { QuotaModule } from '../quota/quota.module.ts';
import { RecycleBinModule } from '../recycle-bin/recycle-bin.module.ts';
import { RestoreModule } from '../restore/restore.module.ts';
import { SharesModule } from '../shares/shares.module.ts';
import { SocketHubModule, SocketModule } from '../socket/socket.module.ts';
import { VersionsModule } from '../versions/versions.module.ts';
import type { AppParts } from './create-app.ts';
import { SystemController } from './system.controller.ts';

/** What every module may ask for: the database, the configuration, the time. */
@Global()
@Module({})
class PlatformModule {
  static create({ config, dataSource, clock }: AppParts): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: SERVER_CONFIG, useValue: config },
        { provide: Clock, useValue: clock },
      ],
      exports: [DataSource, SERVER_CONFIG, Clock],
    };
  }
}

@Module({})
export class AppModule {
  static create(parts: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.create(parts),
        SocketHubModule,
        JobsModule,
        NoticesModule,
        IdentityModule,
        GrantsModule,
        BlobsModule.at(parts.config.blobs),
        BlobCollectorModule,
        QuotaModule,
        DriveModule,
        RecycleBinModule,
        VersionsModule,
        CopiesModule,
        ChangeFeedModule,
        RestoreModule,
        EnterpriseModule,
        PeopleAdminModule,
        OperatorModule,
        FilesModule,
        FleetModule,
        SharesModule,
        SocketModule,
        FirstStartModule,
      ],
      controllers: [SystemController],
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
