/**
 * Locks that stand for no row. One number means one thing in the whole database: two that were alike kept every console from starting
 * while another one led.
 */
export const ADVISORY_LOCKS = {
  migration: 8_412_660_114,
  /** Held for as long as a console leads. */
  leader: 8_412_660_115,
  firstStart: 8_412_660_116,
} as const;
