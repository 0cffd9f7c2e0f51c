import type { MigrationInterface, QueryRunner } from 'typeorm';

/** PE-1: a sync right ends by itself. `expires_at` stays the end of the role or list of actions. */
export class EndsOfAxes1764000028600 implements MigrationInterface {
  readonly name = 'EndsOfAxes1764000028600';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Where one end cannot tell of both axes, the role keeps its end and the sync right is withheld until somebody gives it again. */
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `ALTER TABLE folder_grant ADD COLUMN sync_expires_at timestamptz, ADD COLUMN sync_expiry_told boolean NOT NULL DEFAULT false`,
  `UPDATE folder_grant SET sync_expires_at = expires_at, sync_expiry_told = expiry_told WHERE sync_right IS NOT NULL`,
  `UPDATE folder_grant SET expires_at = NULL, expiry_told = false WHERE role IS NULL AND atoms IS NULL`,
  `CREATE INDEX folder_grant_sync_expiry ON folder_grant (sync_expires_at) WHERE sync_expires_at IS NOT NULL AND NOT sync_expiry_told`,
];

const DOWN = [
  // Fewer ends are counted in what readers of a space compare (see the feed): it may not come back to a number that meant other rights.
  `UPDATE space s SET caps_rev = caps_rev + 2 + (
     SELECT count(*) FROM folder_grant g WHERE g.enterprise_id = s.enterprise_id AND g.space_id = s.id)
   WHERE EXISTS (SELECT FROM folder_grant g WHERE g.enterprise_id = s.enterprise_id AND g.space_id = s.id)`,
  `UPDATE folder_grant SET role = NULL, atoms = NULL, action_list_id = NULL
   WHERE sync_right IS NOT NULL AND sync_expires_at IS DISTINCT FROM expires_at AND expires_at <= now()`,
  `UPDATE folder_grant SET sync_right = CASE WHEN sync_expires_at > now() OR sync_expires_at IS NULL THEN 'none' END
   WHERE (role IS NOT NULL OR atoms IS NOT NULL) AND sync_right IS NOT NULL AND sync_expires_at IS DISTINCT FROM expires_at`,
  `UPDATE folder_grant SET expires_at = sync_expires_at, expiry_told = sync_expiry_told WHERE role IS NULL AND atoms IS NULL`,
  `ALTER TABLE folder_grant DROP COLUMN sync_expires_at, DROP COLUMN sync_expiry_told`,
];
