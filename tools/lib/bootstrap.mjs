import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from './output.mjs';

/** What the first start wrote for scripts (see the outer contract); undefined before it, and when somebody moved it away. */
export function findBootstrap(dataPath) {
  const file = join(dataPath, 'bootstrap.json');
  if (!existsSync(file)) return undefined;
  const bootstrap = parse(file);
  if (typeof bootstrap?.url === 'string' && typeof bootstrap.enterpriseCode === 'string') return bootstrap;
  throw new ToolError(
    'DATA_DIRECTORY_BROKEN',
    `${file} is damaged.`,
    'Put a copy of it back, or move it away: the console keeps its accounts without it.',
  );
}

function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // the caller says what it means
  }
}
