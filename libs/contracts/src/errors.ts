import { z } from 'zod';

/** Every error the product can answer: the sentence for the person, and what to do about it. `{name}` are parameters. */
export const ERROR_TEXTS = {
  // input and transport
  INVALID_INPUT: ['The request is not well formed: {reason}', 'Correct the named field and send it again.'],
  NOT_FOUND: ['{what} was not found.', 'Check the name or id, and that you may see it.'],
  ALREADY_EXISTS: ['{what} exists already.', 'Choose another one.'],
  ROUTE_UNKNOWN: ['This address is not part of the API.', 'See /api/openapi.json for what there is.'],
  RATE_LIMITED: ['Too many attempts.', 'Wait {retryAfterSeconds} seconds and try again.'],
  PAYLOAD_TOO_LARGE: ['The request is larger than {limitBytes} bytes.', 'Send it in smaller parts.'],
  PROTOCOL_UNSUPPORTED: ['This server does not speak protocol {version}.', 'Update the agent or the server.'],
  INTERNAL: ['Something went wrong on the server.', 'Try again; if it stays, give the operator the correlation id.'],
  UNAVAILABLE: ['The server cannot serve this now.', 'It will be tried again by itself.'],
  SERVER_UNREACHABLE: ['No answer from {server}.', 'Check the address and the network; nothing is lost meanwhile.'],
  // identity
  NOT_SIGNED_IN: ['You are not signed in.', 'Sign in and try again.'],
  WRONG_CREDENTIALS: ['The e-mail address or the password is wrong.', 'Check both and try again.'],
  CSRF_REFUSED: ['The request did not come from the console page.', 'Reload the page and try again.'],
  FORBIDDEN: ['You do not have the right to do this.', 'Ask an admin of your enterprise for it.'],
  ENTERPRISE_UNKNOWN: ['There is no enterprise with the code {code}.', 'Check the enterprise code with your admin.'],
  USER_UNKNOWN: [
    'There is no user {email} in this enterprise.',
    'Check the e-mail address, or ask an admin to add the user.',
  ],
  USER_DISABLED: ['The account {email} is disabled.', 'Ask an admin to enable it.'],
  TOKEN_WRONG: ['The enrollment token is not valid.', 'Ask an admin for a new enrollment token.'],
  TOKEN_EXPIRED: ['The enrollment token has expired or is used up.', 'Ask an admin for a new enrollment token.'],
  TOKEN_NOT_FOR_USER: ['The enrollment token is not for {email}.', 'Use a token made for this user or their team.'],
  TOKEN_LOOPBACK_ONLY: [
    'This enrollment token works only on the server itself.',
    'Ask an admin for an enrollment token.',
  ],
  ALREADY_ENROLLED: ['This device is enrolled already.', 'Run `tideline logout` first to enroll it again.'],
  DEVICE_REVOKED: ['This device is no longer accepted by the server.', 'Ask an admin, then enroll it again.'],
  DEVICE_NOT_APPROVED: ['This device waits for an admin to approve it.', 'Ask an admin to approve it in the console.'],
  // people and teams
  LAST_SUPER_ADMIN: [
    'An enterprise keeps its super admin.',
    'Hand the role over to somebody else first: give them the role of super admin.',
  ],
  SUCCESSOR_INVALID: [
    'This user cannot take over the space.',
    'Choose somebody else of the enterprise who is not disabled, and not yourself.',
  ],
  INVITATION_WRONG: ['The invitation is not valid or has expired.', 'Ask an admin for a new one.'],
  TEAM_CYCLE: ['A team cannot be moved into itself or into a team below it.', 'Choose another parent team.'],
  TEAM_NOT_EMPTY: [
    'The team has members, teams below it or files.',
    'Move or remove them first; what is in its recycle bin may stay.',
  ],
  // enabling (EN)
  SYNC_NOT_ENTITLED: [
    'The enterprise code {code} is not entitled to sync backup.',
    'Ask the platform operator for it.',
  ],
  SYNC_DISABLED: [
    'Sync backup is switched off for this enterprise.',
    'An enterprise admin can switch it on in the console.',
  ],
  CODE_MISMATCH: ['The code does not match the code of this enterprise.', 'Type the enterprise code as it is shown.'],
  HISTORY_REQUIRED: ['History versions are switched off.', 'Switch history versions on first; sync backup needs them.'],
  HISTORY_IN_USE: ['History versions cannot be switched off while sync backup is on.', 'Switch sync backup off first.'],
  AGENT_TOO_OLD: ['This agent ({version}) is older than {minVersion}.', 'Update the agent.'],
  // drive
  SPACE_UNKNOWN: ['There is no space {space} that you may see.', 'Check the name, or ask an admin for access.'],
  NODE_UNKNOWN: ['This file or folder does not exist, or you may not see it.', 'Refresh and try again.'],
  NODE_ID_TAKEN: ['The id of the new node is in use.', 'Send the operation again with a new id.'],
  NAME_TAKEN: ['{name} exists already in this folder.', 'Choose another name.'],
  NAME_INVALID: ['{name} cannot be the name of a file or folder.', 'Choose another name.'],
  PARENT_UNKNOWN: ['The folder to put it in does not exist.', 'Refresh and try again.'],
  PARENT_TRASHED: ['The folder to put it in is in the recycle bin.', 'Restore the folder first.'],
  PARENT_NOT_FOLDER: ['The place to put it in is a file.', 'Choose a folder.'],
  MOVE_CYCLE: ['A folder cannot be moved into itself.', 'Choose another folder.'],
  REV_MISMATCH: ['Somebody changed it in the meantime.', 'Read the newest state and decide again.'],
  SUBTREE_CHANGED: ['Something below the folder changed in the meantime.', 'Read the newest state and decide again.'],
  SUBTREE_FORBIDDEN: [
    'There is something in this folder that you do not have the right to do this with.',
    'Do it with what else is in it, or ask an admin for the right on the folder inside.',
  ],
  KIND_MISMATCH: ['This works on {expected}s only.', 'Choose a {expected}.'],
  ROOT_IMMUTABLE: ['The root of a space cannot be changed.', 'Choose something below it.'],
  NODE_TRASHED: ['It is in the recycle bin.', 'Restore it first.'],
  NOT_TRASHED: ['It is not in the recycle bin.', 'Refresh and try again.'],
  CHUNKS_MISSING: ['Some bytes are not on the server yet.', 'Send the missing chunks and commit again.'],
  CHUNK_CORRUPT: ['The bytes received do not match their hash.', 'They are sent again by themselves.'],
  OFFSET_MISMATCH: ['The upload stands at another place of the file.', 'Ask for its offset and go on from there.'],
  RANGE_INVALID: ['The range lies outside the file.', 'Ask for a range inside it.'],
  VERSION_UNKNOWN: ['This version does not exist any more.', 'Refresh and choose another one.'],
  VERSION_IS_HEAD: [
    'The newest version of a file cannot be deleted.',
    'Delete the file, or restore another version first.',
  ],
  VERSION_PROTECTED: [
    'This is the newest version that a device backed up.',
    'Confirm that it may be deleted all the same, or keep it.',
  ],
  LIMIT_PINNED: ['{max} versions of this file are pinned already.', 'Unpin another one first.'],
  TREE_TOO_LARGE: [
    'There is more in it than can move to another space at once ({max}).',
    'Move the folders in it one by one, or copy it.',
  ],
  QUOTA_EXCEEDED: ['The space is full.', 'Free some room or ask an admin for a larger quota.'],
  MOMENT_TOO_OLD: ['The history of this folder begins at {from}.', 'Choose a later moment.'],
  MOMENT_BEFORE_MOVE: [
    'This folder came here from another space at {from}; what was before cannot be brought back as a whole.',
    'Choose a later moment, or bring single files back from their versions, which reach further back.',
  ],
  RESTORE_PLAN_TOO_LONG: [
    'Finding out what has to change took longer than ten minutes, and was ended.',
    'Restore the folders in it one by one, or choose a later moment.',
  ],
  COPY_STATE: ['This copy is {state}.', 'Look at it again.'],
  JOB_FAILED: [
    'The server tried this several times and could not go on with it.',
    'What is done stays. Begin it again; if that fails too, tell the operator when it was.',
  ],
  RESTORE_STATE: ['This restore is {state}.', 'Look at it again, or plan a new one.'],
  BATCH_ABORTED: ['Another operation of the same atomic batch failed.', 'Send the batch again.'],
  CURSOR_EXPIRED: ['The position in the change feed is too old.', 'Read a full listing.'],
  CURSOR_INVALID: ['The position in the change feed is not valid.', 'Read a full listing.'],
  // rights
  ACTION_LIST_IN_USE: ['This list of actions is given on folders.', 'Give something else there first.'],
  SHARE_AMBIGUOUS: ['Several folders shared with you are called {name}.', 'Name the one you mean: {paths}'],
  // tasks and limits
  LIMIT_TASKS: ['This device has {max} sync tasks already.', 'Cancel a task to create another one.'],
  LIMIT_TEAMS: ['A person can be in {max} teams.', 'Take them out of another team first.'],
  LIMIT_FILES: [
    'More than {max} files are in the sync folders of this device.',
    'Leave some out by a filter, or move them away.',
  ],
  RIGHT_MISSING: ['{path} needs the {right} right.', 'Ask an admin to grant it on this folder.'],
  RIGHT_UPLOAD_ONLY: [
    'With the Backer right, {path} can be used for one-way upload only.',
    'Choose upload, or ask for Synchronizer.',
  ],
  FOLDER_FORBIDDEN: ['{path} cannot be a sync folder: {reason}', 'Choose {choice}.'],
  FOLDER_MISSING: ['The folder {path} does not exist.', 'Create it, or choose another folder.'],
  FOLDER_UNREADABLE: ['The folder {path} cannot be read or written.', 'Check its permissions.'],
  FOLDER_OVERLAPS: [
    '{path} lies inside or around the folder of the task {task}.',
    'Choose a folder apart from other tasks.',
  ],
  FILE_SYSTEM_REFUSED: ['{path} is on {fileSystem}, which is not supported.', 'Choose a folder on a local disk.'],
  CLOUD_PATH_INVALID: ['{path} is not a cloud path.', 'Write it like personal:/Docs or team/Engineering:/Specs.'],
  TASK_NOT_BLOCKED: ['The folder of this task is the one it always was.', 'Nothing is to be done about it.'],
  ROOT_NOT_KNOWN: [
    'Nothing of this task is in {path}.',
    'Mount or restore the right folder there first. If there is none any more, cancel the task and create it again.',
  ],
  TASK_UNKNOWN: ['There is no task {task} on this device.', 'See `tideline task list`.'],
  TASK_PAUSED_BY: ['The task is paused ({reason}) and cannot be started here.', 'Solve the reason first.'],
  HOLD_ANSWERED: [
    'This hold was answered already ({answer}).',
    'See `tideline holds list`; what is held again asks again.',
  ],
  // agent
  AGENT_NOT_RUNNING: ['The agent is not running.', 'Start it with `tideline run`.'],
  AGENT_ALREADY_RUNNING: ['An agent is running already in {home}.', 'Stop it first, or use another TIDELINE_HOME.'],
  NOT_ENROLLED: ['This device is not signed in.', 'Run `tideline enroll`.'],
  PLAIN_HTTP_REFUSED: ['{server} is not encrypted.', 'Use https://; plain http:// is only for this machine.'],
  ENROLLMENT_DAMAGED: [
    'What this device knew of its enrollment ({path}) cannot be used: {reason}',
    'Enroll it again with `tideline enroll`; files stay, and its tasks go on with what they know.',
  ],
  PERSONAL_SPACE_CLOSED: [
    'This device may not open the personal space of {email} yet.',
    'Its person must first allow it in the console, under My devices.',
  ],
  STATE_DAMAGED: [
    'The state in {path} cannot be read: {reason}',
    'It was kept aside; the agent starts again from the folders.',
  ],
  KEYCHAIN_LOCKED: ['The keychain that holds the device key is locked.', 'Unlock it; the agent tries again by itself.'],
  TIMEOUT: ['It took longer than {seconds} seconds.', 'Try again, or give it more time.'],
  USAGE: ['{reason}', 'See --help.'],
  // a server that starts
  PORT_IN_USE: ['The port {port} is in use.', 'Stop the other program or set TIDELINE_PORT.'],
  DATA_DIRECTORY_BROKEN: [
    'The data directory {path} cannot be used: {reason}',
    'Mend it or set TIDELINE_DATA to another one.',
  ],
  DATABASE_UNREACHABLE: ['The database cannot be reached: {reason}', 'Check DATABASE_URL and that the database runs.'],
  CONFIG_INVALID: ['The configuration is not valid: {reason}', 'Correct the named settings.'],
} as const satisfies Record<string, readonly [message: string, fix: string]>;

export type ErrorCode = keyof typeof ERROR_TEXTS;
export const ERROR_CODES = Object.keys(ERROR_TEXTS) as ErrorCode[];
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

/** The one shape of an error on the wire. Clients branch on `code`, never on text. */
export const ErrorBody = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string().optional(),
  /** What fills the `{name}` places of the code's sentences, so that a reader's own language can be filled too. */
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  correlationId: z.string(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** An unexpected or refused outcome with a code that a person and a program can both act on. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  /** Machine-readable extras, such as the missing chunk hashes. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    params: ErrorParams = {},
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(errorMessage(code, params), 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.params = params;
    this.details = options.details;
  }

  get fix(): string {
    return fillText(ERROR_TEXTS[this.code][1], this.params);
  }
}

export function errorMessage(code: ErrorCode, params: ErrorParams = {}): string {
  return fillText(ERROR_TEXTS[code][0], params);
}

export function errorFix(code: ErrorCode, params: ErrorParams = {}): string {
  return fillText(ERROR_TEXTS[code][1], params);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TEXTS, code);
}

/** Puts parameters in the `{name}` places of a sentence; what is not given stays as it is. */
export function fillText(template: string, params: ErrorParams): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}
