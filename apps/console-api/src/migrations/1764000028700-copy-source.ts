import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a copy copies: the nodes that were in a space when it had come to a seq. Of one under way from before that is the seq ahead of
 * the copy itself where it is in the space that it reads, and the present one elsewhere.
 */
export class CopySource1764000028700 implements MigrationInterface {
  readonly name = 'CopySource1764000028700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tree_copy ADD COLUMN source_space_id uuid, ADD COLUMN source_seq bigint');
    await runner.query(
      `UPDATE tree_copy c SET source_space_id = coalesce((
         SELECT n.space_id FROM tree_copy_folder f JOIN node n ON n.enterprise_id = f.enterprise_id AND n.id = f.source_id
         WHERE f.enterprise_id = c.enterprise_id AND f.copy_id = c.id ORDER BY f.ordinal LIMIT 1), c.space_id)`,
    );
    await runner.query(
      `UPDATE tree_copy c SET source_seq = coalesce((
         SELECT min(h.from_seq) - 1 FROM node_history h
         WHERE h.enterprise_id = c.enterprise_id AND h.node_id = c.target_id AND h.space_id = c.source_space_id), (
         SELECT s.seq FROM space s WHERE s.enterprise_id = c.enterprise_id AND s.id = c.source_space_id), 0)`,
    );
    await runner.query(
      'ALTER TABLE tree_copy ALTER COLUMN source_space_id SET NOT NULL, ALTER COLUMN source_seq SET NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tree_copy DROP COLUMN source_space_id, DROP COLUMN source_seq');
  }
}
