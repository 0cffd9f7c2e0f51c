import { AppError } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { hasCode, toShownError } from './shown-error.ts';

describe('toShownError', () => {
  it('shows an error by its code and parameters', () => {
    const error = new AppError('LIMIT_TASKS', { max: 10 }, { details: { correlationId: 'c-1' } });
    expect(toShownError(error, 'host')).toEqual({ code: 'LIMIT_TASKS', params: { max: 10 }, correlationId: 'c-1' });
    expect(hasCode(error, 'LIMIT_TASKS')).toBe(true);
  });

  it('names the page’s own server, which its requests leave unnamed', () => {
    const shown = toShownError(new AppError('SERVER_UNREACHABLE', { server: '' }), 'console.example');
    expect(shown.params).toEqual({ server: 'console.example' });
  });

  it('calls anything else an internal error', () => {
    expect(toShownError(new TypeError('x'), 'host').code).toBe('INTERNAL');
  });
});
