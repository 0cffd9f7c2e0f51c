import { Controller } from '@nestjs/common';
import { AppError, PROTOCOL_VERSION, routes, type RouteResult } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { Handles } from '../platform/route.ts';
import { createOpenApi, type OpenApiDocument } from './openapi.ts';
import { SERVER_VERSION } from './server-version.ts';

const { health, openapi } = routes.system;

@Controller()
export class SystemController {
  private document: OpenApiDocument | undefined;

  constructor(private readonly dataSource: DataSource) {}

  @Handles(health)
  async health(): Promise<RouteResult<typeof health>> {
    await this.dataSource.query('SELECT 1').catch((cause: unknown) => {
      throw new AppError('UNAVAILABLE', {}, { cause });
    });
    return { status: 'ok', version: SERVER_VERSION, protocol: PROTOCOL_VERSION };
  }

  @Handles(openapi)
  openapi(): OpenApiDocument {
    this.document ??= createOpenApi(SERVER_VERSION);
    return this.document;
  }
}
