import type { MigrationInterface } from 'typeorm';
import { Identity1764000000000 } from './1764000000000-identity.ts';
import { Fleet1764000001000 } from './1764000001000-fleet.ts';
import { Drive1764000010000 } from './1764000010000-drive.ts';
import { Grants1764000011000 } from './1764000011000-grants.ts';
import { Jobs1764000020000 } from './1764000020000-jobs.ts';
import { Rights1764000023000 } from './1764000023000-rights.ts';
import { BlobCollector1764000021000 } from './1764000021000-blob-collector.ts';
import { People1764000024000 } from './1764000024000-people.ts';
import { Uploads1764000024100 } from './1764000024100-uploads.ts';
import { Retention1764000022000 } from './1764000022000-retention.ts';
import { FeedHorizon1764000025000 } from './1764000025000-feed-horizon.ts';
import { Restore1764000025100 } from './1764000025100-restore.ts';
import { Notices1764000026000 } from './1764000026000-notices.ts';
import { ChildrenOrder1764000026100 } from './1764000026100-children-order.ts';
import { SyncPolicy1764000027000 } from './1764000027000-sync-policy.ts';
import { RestorePlannedAt1764000027100 } from './1764000027100-restore-planned-at.ts';
import { FinishedUploads1764000027200 } from './1764000027200-finished-uploads.ts';
import { JobClaims1764000028000 } from './1764000028000-job-claims.ts';
import { CopyOp1764000028100 } from './1764000028100-copy-op.ts';
import { RestoreGone1764000028200 } from './1764000028200-restore-gone.ts';
import { Attempts1764000028300 } from './1764000028300-attempts.ts';
import { HandoverTries1764000028400 } from './1764000028400-handover-tries.ts';
import { SpaceJobs1764000028500 } from './1764000028500-space-jobs.ts';
import { EndsOfAxes1764000028600 } from './1764000028600-ends-of-axes.ts';
import { CopySource1764000028700 } from './1764000028700-copy-source.ts';
import { RestoreAside1764000028800 } from './1764000028800-restore-aside.ts';
import { SentBytes1764000028900 } from './1764000028900-sent-bytes.ts';
import { PastGrants1764000029000 } from './1764000029000-past-grants.ts';

/** Every migration, in the order in which it runs. Appended to, never reordered; a merged one is never edited. */
export const migrations: (new () => MigrationInterface)[] = [
  Identity1764000000000,
  Fleet1764000001000,
  Drive1764000010000,
  Grants1764000011000,
  Jobs1764000020000,
  BlobCollector1764000021000,
  People1764000024000,
  Uploads1764000024100,
  Rights1764000023000,
  Retention1764000022000,
  FeedHorizon1764000025000,
  Restore1764000025100,
  Notices1764000026000,
  ChildrenOrder1764000026100,
  SyncPolicy1764000027000,
  RestorePlannedAt1764000027100,
  FinishedUploads1764000027200,
  JobClaims1764000028000,
  CopyOp1764000028100,
  RestoreGone1764000028200,
  Attempts1764000028300,
  HandoverTries1764000028400,
  SpaceJobs1764000028500,
  EndsOfAxes1764000028600,
  CopySource1764000028700,
  RestoreAside1764000028800,
  SentBytes1764000028900,
  PastGrants1764000029000,
];
