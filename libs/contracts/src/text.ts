/** Text that can be stored and sent as UTF-8: no NUL, no half of a character. For `.refine(isText, EXPECTED_TEXT)`. */
export function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

export const EXPECTED_TEXT = 'expected text';
