import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRunner } from '../jobs/job-runner.ts';
import type { JobCounts } from '../jobs/periodic-job.ts';
import { Clock } from '../platform/clock.ts';
import { deleteExpiredUploads } from './upload.store.ts';

export const UPLOAD_EXPIRY_JOB = 'web-upload-expiry';
const EVERY_MS = 10 * 60_000;
const SLICE = 100;

/** Forgets uploads that nobody went on with, and finished ones. Their chunks are the sweeper's once nothing names them. */
@Injectable()
export class UploadExpiryJob implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly jobs: JobRunner,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: UPLOAD_EXPIRY_JOB,
      lane: 'prompt',
      everyMs: EVERY_MS,
      run: (signal) => this.run(signal),
    });
  }

  async run(signal: AbortSignal): Promise<JobCounts> {
    let uploads = 0;
    while (!signal.aborted) {
      const gone = await deleteExpiredUploads(this.dataSource.manager, this.clock.now(), SLICE);
      uploads += gone;
      if (gone < SLICE) break;
    }
    return { uploads };
  }
}
