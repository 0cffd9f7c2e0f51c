import { Module, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../jobs/job-runner.ts';
import { COLLECTOR_DEFAULTS, COLLECTOR_SETTINGS } from './collector-settings.ts';
import { CompactionService } from './compaction.service.ts';
import { GarbageService } from './garbage.service.ts';
import { ScrubService } from './scrub.service.ts';
import { TrashService } from './trash.service.ts';

const MINUTE_MS = 60_000;

/** What keeps the blobs small and whole, as jobs. Needs BlobsModule and JobsModule beside it. */
@Module({
  providers: [
    { provide: COLLECTOR_SETTINGS, useValue: COLLECTOR_DEFAULTS },
    GarbageService,
    CompactionService,
    TrashService,
    ScrubService,
  ],
})
export class BlobCollectorModule implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly garbage: GarbageService,
    private readonly compaction: CompactionService,
    private readonly trash: TrashService,
    private readonly scrub: ScrubService,
  ) {}

  onModuleInit(): void {
    const { jobs, garbage, compaction, trash, scrub } = this;
    jobs.register({
      name: 'blob-garbage',
      lane: 'bytes',
      everyMs: 10 * MINUTE_MS,
      run: (signal) => garbage.run(signal),
    });
    jobs.register({
      name: 'blob-compaction',
      lane: 'bytes',
      everyMs: 60 * MINUTE_MS,
      run: (signal) => compaction.run(signal),
    });
    jobs.register({ name: 'blob-trash', lane: 'bytes', everyMs: MINUTE_MS, run: (signal) => trash.run(signal) });
    jobs.register({ name: 'blob-scrub', lane: 'bytes', everyMs: MINUTE_MS, run: (signal) => scrub.run(signal) });
  }
}
