/**
 * For a machine that is also used for other things: modest memory, long checkpoints. Durability is PostgreSQL's own default
 * (fsync, full_page_writes and synchronous_commit stay on): an answered commit survives a power cut.
 */
export const PRODUCTION_SETTINGS = {
  max_connections: '100',
  shared_buffers: '192MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  effective_cache_size: '1GB',
  wal_buffers: '16MB',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
} as const;

/** Nothing of a test run is worth a disk flush. */
export const TEST_SETTINGS = {
  max_connections: '200',
  shared_buffers: '64MB',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  jit: 'off',
} as const;
