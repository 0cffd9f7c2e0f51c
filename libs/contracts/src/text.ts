import { z } from 'zod';

/** Text that can be stored and sent as UTF-8: no NUL, no half of a character. What every request is made of. */
export const Text = z
  .string()
  .refine(
    (value) => value.isWellFormed() && !value.includes('\0'),
    'expected text without NUL and halves of characters',
  );
