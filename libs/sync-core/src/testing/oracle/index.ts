export { judge } from './judge.ts';
export type { Setting } from './run-world.ts';
export { strollsIn, worldsOf, type Tier, type WorldCase } from './worlds.ts';
