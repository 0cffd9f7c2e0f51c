/**
 * Locks that stand for no row. One number means one thing in the whole database. 8412660115 was held by consoles that led, and is
 * not to be used again while such a console may run beside this one.
 */
export const ADVISORY_LOCKS = {
  migration: 8_412_660_114,
  firstStart: 8_412_660_116,
} as const;
