export * from './memory-base.ts';
export * from './memory-journal.ts';
export * from './generators.ts';
export * from './sim-cloud.ts';
export * from './sim-device.ts';
export * from './sim-disk.ts';
export * from './sim-world.ts';
export * from './verbs.ts';
