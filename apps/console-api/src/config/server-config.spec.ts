import path from 'node:path';
import { AppError } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { readServerConfig } from './server-config.ts';

describe('readServerConfig', () => {
  it('has the documented defaults', () => {
    expect(readServerConfig({})).toEqual({
      dataFolder: path.resolve('.tideline'),
      port: 4680,
      host: '127.0.0.1',
      databaseUrl: undefined,
      blobFolder: path.resolve('.tideline/blobs'),
      firstStart: 'plain',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readServerConfig({ TIDELINE_PORT: '', DATABASE_URL: '' })).toMatchObject({
      port: 4680,
      databaseUrl: undefined,
    });
  });

  it('names every wrong key', () => {
    const read = () =>
      readServerConfig({
        TIDELINE_PORT: '70000',
        DATABASE_URL: 'mysql://x',
        TIDELINE_FIRST_START: 'party',
        BLOBS: 'tape',
      });
    expect(read).toThrow(AppError);
    expect(read).toThrow(/TIDELINE_PORT.*DATABASE_URL.*BLOBS.*TIDELINE_FIRST_START/);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(readServerConfig({}))).toBe(true);
  });
});
