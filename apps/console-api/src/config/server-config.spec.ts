import path from 'node:path';
import { inspect } from 'node:util';
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
      blobs: { kind: 'directory', folder: path.resolve('.tideline/blobs') },
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

  describe('BLOBS', () => {
    const S3 = {
      BLOBS: 's3://company-drive/tideline/prod',
      S3_ENDPOINT: 'https://s3.acme.test:9000',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'top secret',
    };

    it('names a bucket and a prefix in a store of the own network', () => {
      const { blobs } = readServerConfig(S3);
      expect(blobs).toMatchObject({
        kind: 's3',
        spoolFolder: path.resolve('.tideline/spool'),
        settings: { bucket: 'company-drive', prefix: 'tideline/prod', region: 'us-east-1', pathStyle: true },
      });
      if (blobs.kind !== 's3') throw new Error('not s3');
      expect(blobs.settings.endpoint).toBe('https://s3.acme.test:9000');
      expect(blobs.settings.credentials?.reveal()).toEqual({ accessKeyId: 'id', secretAccessKey: 'top secret' });
    });

    it('names a bucket of Amazon, with the credentials of the machine', () => {
      expect(readServerConfig({ BLOBS: 's3://drive/', S3_REGION: 'eu-west-1' }).blobs).toMatchObject({
        settings: {
          bucket: 'drive',
          prefix: '',
          endpoint: undefined,
          region: 'eu-west-1',
          pathStyle: false,
          credentials: undefined,
        },
      });
    });

    it.each([
      [{ BLOBS: 's3://' }, /BLOBS: expected dir, or s3/],
      [{ BLOBS: 's3://Drive' }, /BLOBS: expected dir, or s3/],
      [{ BLOBS: 's3://drive/../x/ y' }, /BLOBS: expected dir, or s3/],
      [{ ...S3, S3_ENDPOINT: 's3.acme.test' }, /S3_ENDPOINT: expected http/],
      [{ ...S3, S3_ENDPOINT: 'http://me:word@s3.acme.test' }, /S3_ENDPOINT: expected http/],
      [{ ...S3, S3_PATH_STYLE: 'yes' }, /S3_PATH_STYLE: expected true or false/],
      [{ ...S3, S3_SECRET_ACCESS_KEY: '' }, /S3_SECRET_ACCESS_KEY: is needed beside S3_ACCESS_KEY_ID/],
      [{ ...S3, S3_ACCESS_KEY_ID: undefined }, /S3_ACCESS_KEY_ID: is needed beside S3_SECRET_ACCESS_KEY/],
    ])('%j is refused by name', (environment, message) => {
      expect(() => readServerConfig(environment)).toThrow(message);
    });

    it('shows no secret when the configuration is printed, nor when it is refused', () => {
      expect(inspect(readServerConfig(S3), { depth: 9 }) + JSON.stringify(readServerConfig(S3))).not.toContain(
        'top secret',
      );
      const refused = () => readServerConfig({ ...S3, S3_ENDPOINT: 'x' });
      expect(refused).toThrow(/^((?!top secret).)*$/s);
    });
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(readServerConfig({}))).toBe(true);
  });
});
