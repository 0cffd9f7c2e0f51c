import { describe, expect, it } from 'vitest';
import { isFiltered, parseDevicesQuery } from '#features/devices/devices-query.ts';
import { folderHref, parseFilesQuery } from '#features/files/files-query.ts';
import { enrollCommand } from './enroll-command.ts';
import { parseColumns } from './use-stored-columns.ts';
import { patchQuery } from './use-url-state.ts';

const devices = (query: string) => parseDevicesQuery(new URLSearchParams(query));

describe('patchQuery', () => {
  it('sets, replaces and removes, and keeps the rest', () => {
    expect(patchQuery('sort=name&after=x&health=failing', { sort: 'files', after: undefined, search: '' })).toBe(
      'sort=files&health=failing',
    );
  });
});

describe('parseDevicesQuery', () => {
  it('reads the whole state of the list', () => {
    expect(devices('search=mei&health=failing&sort=files&direction=desc&limit=100&after=k')).toEqual({
      search: 'mei',
      health: 'failing',
      sort: 'files',
      direction: 'desc',
      limit: 100,
      after: 'k',
    });
  });

  it('falls back to defaults for what is missing or not well formed', () => {
    expect(devices('health=brilliant&sort=password&limit=7&search=')).toEqual({
      sort: 'name',
      direction: 'asc',
      limit: 50,
    });
  });

  it('knows whether the list is filtered', () => {
    expect(isFiltered(devices('sort=files'))).toBe(false);
    expect(isFiltered(devices('health=offline'))).toBe(true);
  });
});

describe('parseFilesQuery', () => {
  const space = '0190a000-0000-7000-8000-000000000401';

  it('reads where the browser stands', () => {
    const query = parseFilesQuery(new URLSearchParams(folderHref(space, space).split('?')[1]));
    expect(query).toMatchObject({ space, node: space, bin: false, limit: 200 });
  });

  it('counts what is not an id as absent', () => {
    expect(parseFilesQuery(new URLSearchParams('space=../etc&node=1&bin=yes&limit=9999'))).toMatchObject({
      space: undefined,
      node: undefined,
      bin: false,
      limit: 200,
    });
  });
});

describe('parseColumns', () => {
  it('takes only what says whether a column is shown', () => {
    expect(parseColumns('{"os":false,"x":"y"}')).toEqual({ os: false });
    expect(parseColumns('not json')).toBeUndefined();
    expect(parseColumns(null)).toBeUndefined();
  });
});

describe('enrollCommand', () => {
  it('is ready to be pasted into a shell', () => {
    expect(enrollCommand({ server: 'https://c.example', secret: "t'x", email: 'a@b.example' })).toBe(
      "npx tideline enroll --server https://c.example --token 't'\\''x' --user a@b.example",
    );
  });
});
