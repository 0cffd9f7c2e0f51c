import { config } from 'zod';

/** The page's content security policy forbids code made from text; Zod then reads schemas step by step. */
config({ jitless: true });
