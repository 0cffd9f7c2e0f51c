import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Children of a folder in the order in which people see them, so that a page of a large folder costs the page. */
export class ChildrenOrder1764000026100 implements MigrationInterface {
  readonly name = 'ChildrenOrder1764000026100';

  async up(runner: QueryRunner): Promise<void> {
    // Also leads to the folders of a folder, as node_folder did. None of its columns changes with a new version of a file.
    await runner.query(
      `CREATE INDEX node_children ON node (enterprise_id, space_id, parent_id, kind, lower(name), name) WHERE trashed_at IS NULL`,
    );
    await runner.query('DROP INDEX node_folder');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX node_folder ON node (enterprise_id, space_id, parent_id) WHERE kind = 'folder'`);
    await runner.query('DROP INDEX node_children');
  }
}
