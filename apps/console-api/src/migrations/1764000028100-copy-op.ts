import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The operation that asked for a copy, so that it is begun once however often it is asked for; copies from before have none. */
export class CopyOp1764000028100 implements MigrationInterface {
  readonly name = 'CopyOp1764000028100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tree_copy ADD COLUMN op_id uuid');
    await runner.query(
      'CREATE UNIQUE INDEX tree_copy_op ON tree_copy (enterprise_id, (coalesce(device_id, user_id)), op_id) WHERE op_id IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tree_copy DROP COLUMN op_id');
  }
}
