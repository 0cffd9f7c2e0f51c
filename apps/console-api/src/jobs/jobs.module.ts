import { Global, Module } from '@nestjs/common';
import { JobRunner } from './job-runner.ts';

/** Background work of the server; any module may register a job. */
@Global()
@Module({ providers: [JobRunner], exports: [JobRunner] })
export class JobsModule {}
