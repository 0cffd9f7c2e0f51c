import type { EntityManager } from 'typeorm';

export type NewOperator = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
};

/** A platform operator belongs to no enterprise. */
export async function insertOperator(db: EntityManager, operator: NewOperator): Promise<void> {
  await db.query(
    `INSERT INTO operator (id, email, name, password_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [operator.id, operator.email, operator.name, operator.passwordHash],
  );
}
