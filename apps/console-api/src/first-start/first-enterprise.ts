import { Inject, Injectable } from '@nestjs/common';
import { EnterpriseId } from '@tideline/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SERVER_CONFIG, type ServerConfig } from '../config/server-config.ts';
import { FeatureService } from '../enterprise/feature.service.ts';
import { EnrollmentTokenService } from '../identity/enrollment-token.service.ts';
import { hashPassword, randomPassword } from '../identity/password.ts';
import { PeopleService, toNewUser } from '../identity/people.service.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import type { Bootstrap } from './bootstrap-file.ts';
import { DemoEnterprise } from './demo-enterprise.ts';

const ENTERPRISE = { code: 'tideline', name: 'Tideline' } as const;
const ADMIN = { email: 'admin@tideline.example', name: 'Enterprise Admin' } as const;
const OPERATOR = { email: 'operator@tideline.example', name: 'Platform Operator' } as const;
/** One enterprise that can be used at once: entitled, switched on, with its admin, an operator and a token for devices. */
@Injectable()
export class FirstEnterprise {
  constructor(
    private readonly features: FeatureService,
    private readonly people: PeopleService,
    private readonly spaces: SpaceMaker,
    private readonly tokens: EnrollmentTokenService,
    private readonly demo: DemoEnterprise,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  async create(manager: EntityManager): Promise<Bootstrap> {
    const enterpriseId = EnterpriseId.parse(uuidv7());
    const { code, name } = ENTERPRISE;
    await this.features.addEnabled(manager, { id: enterpriseId, code, name });
    await this.spaces.createSpace(manager, { enterpriseId, kind: 'enterprise', name });
    const adminPassword = randomPassword();
    const wanted = { ...ADMIN, password: adminPassword, teamIds: [], role: 'super_admin' } as const;
    const admin = await toNewUser(enterpriseId, wanted);
    await this.people.addUser(manager, admin, []);
    const operatorPassword = await this.createOperator(manager);
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

  private async createOperator(manager: EntityManager): Promise<string> {
    const password = randomPassword();
    await this.people.addOperator(manager, { ...OPERATOR, id: uuidv7(), passwordHash: await hashPassword(password) });
    return password;
  }
}
