import { Inject, Injectable } from '@nestjs/common';
import { EnterpriseId } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SERVER_CONFIG, type ServerConfig } from '../config/server-config.ts';
import { countEnterprises, insertEnabledEnterprise } from '../enterprise/feature.store.ts';
import { EnrollmentTokenService } from '../identity/enrollment-token.service.ts';
import { insertOperator } from '../identity/operator.store.ts';
import { findPerson } from '../identity/people.store.ts';
import { hashPassword, randomPassword } from '../identity/password.ts';
import { PeopleService, toNewUser } from '../identity/people.service.ts';
import { Clock } from '../platform/clock.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import { inTransaction } from '../platform/transaction.ts';
import { findBootstrap, writeBootstrap, type Bootstrap } from './bootstrap-file.ts';
import { DemoEnterprise } from './demo-enterprise.ts';

const ENTERPRISE = { code: 'tideline', name: 'Tideline' } as const;
const ADMIN = { email: 'admin@tideline.example', name: 'Enterprise Admin' } as const;
const OPERATOR = { email: 'operator@tideline.example', name: 'Platform Operator' } as const;
/** Two consoles on one empty database must not both find it empty. */
const FIRST_START_LOCK = 8_412_660_115;

/** Fills an empty database, so that a fresh console can be used at once. */
@Injectable()
export class FirstStartService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly people: PeopleService,
    private readonly spaces: SpaceMaker,
    private readonly tokens: EnrollmentTokenService,
    private readonly demo: DemoEnterprise,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** The passwords are on disk before the accounts exist: a crash in between leaves an empty database to fill again. */
  async run(): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [FIRST_START_LOCK]);
      if ((await countEnterprises(manager)) > 0) return;
      await writeBootstrap(this.config.dataFolder, await this.fill(manager));
    });
    await this.furnishDemo();
  }

  private async furnishDemo(): Promise<void> {
    const { dataFolder } = this.config;
    const bootstrap = await findBootstrap(dataFolder);
    if (bootstrap?.demo !== 'pending') return;
    const admin = await findPerson(this.dataSource, bootstrap.enterpriseCode, bootstrap.adminEmail);
    if (admin) await this.demo.furnish({ kind: 'person', sessionId: '', ...admin });
    await writeBootstrap(dataFolder, { ...bootstrap, demo: 'ready' });
  }

  private async fill(manager: EntityManager): Promise<Bootstrap> {
    const enterpriseId = EnterpriseId.parse(uuidv7());
    const { code, name } = ENTERPRISE;
    await insertEnabledEnterprise(manager, { id: enterpriseId, code, name }, this.clock.now());
    await this.spaces.createSpace(manager, { enterpriseId, kind: 'enterprise', name });
    const adminPassword = randomPassword();
    const wanted = { ...ADMIN, password: adminPassword, teamIds: [], role: 'super_admin' } as const;
    const admin = await toNewUser(enterpriseId, wanted);
    await this.people.addUser(manager, admin, []);
    const operatorPassword = await createOperator(manager);
    const enrollmentToken = await this.tokens.createFirstStart(manager, enterpriseId);
    const isDemo = this.config.firstStart === 'demo';
    const people = isDemo ? await this.demo.addPeople(manager, enterpriseId) : undefined;
    return {
      url: '',
      enterpriseCode: code,
      adminEmail: ADMIN.email,
      adminPassword,
      enrollmentToken,
      operatorEmail: OPERATOR.email,
      operatorPassword,
      ...(people ? { people, demo: 'pending' as const } : {}),
    };
  }
}

async function createOperator(manager: EntityManager): Promise<string> {
  const password = randomPassword();
  await insertOperator(manager, { ...OPERATOR, id: uuidv7(), passwordHash: await hashPassword(password) });
  return password;
}
