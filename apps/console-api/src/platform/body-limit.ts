/** JSON bodies; frames are streams with limits of their own. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;
