import type { MigrationInterface, QueryRunner } from 'typeorm';

/** VE-3: what has arrived under a reservation, so that no more is stored than there was room for. */
export class SentBytes1764000028900 implements MigrationInterface {
  readonly name = 'SentBytes1764000028900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE reservation ADD COLUMN sent_bytes bigint NOT NULL DEFAULT 0, ADD COLUMN sent_since timestamptz NOT NULL DEFAULT now()`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE reservation DROP COLUMN sent_bytes, DROP COLUMN sent_since');
  }
}
