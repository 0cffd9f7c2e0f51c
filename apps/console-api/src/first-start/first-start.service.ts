import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SERVER_CONFIG, type ServerConfig } from '../config/server-config.ts';
import { FeatureService } from '../enterprise/feature.service.ts';
import { PeopleService } from '../identity/people.service.ts';
import { ADVISORY_LOCKS } from '../platform/advisory-locks.ts';
import { inTransaction } from '../platform/transaction.ts';
import { findBootstrap, writeBootstrap } from './bootstrap-file.ts';
import { DemoEnterprise } from './demo-enterprise.ts';
import { FirstEnterprise } from './first-enterprise.ts';

/** Fills an empty database, so that a fresh console can be used at once. */
@Injectable()
export class FirstStartService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly firstEnterprise: FirstEnterprise,
    private readonly demo: DemoEnterprise,
    private readonly features: FeatureService,
    private readonly people: PeopleService,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** The passwords are on disk before the accounts exist: a crash in between leaves an empty database to fill again. */
  async run(): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      // Two consoles on one empty database must not both find it empty.
      await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.firstStart]);
      if (await this.features.hasEnterprises(manager)) return;
      await writeBootstrap(this.config.dataFolder, await this.firstEnterprise.create(manager));
    });
    await this.furnishDemo();
  }

  private async furnishDemo(): Promise<void> {
    const { dataFolder } = this.config;
    const bootstrap = await findBootstrap(dataFolder);
    if (bootstrap?.demo !== 'pending') return;
    const admin = await this.people.findPerson(bootstrap.enterpriseCode, bootstrap.adminEmail);
    if (admin) await this.demo.furnish({ kind: 'person', sessionId: '', ...admin });
    await writeBootstrap(dataFolder, { ...bootstrap, demo: 'ready' });
  }
}
