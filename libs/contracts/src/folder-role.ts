import { z } from 'zod';
import { ATOMS, type Atom, type SyncRight } from './drive.ts';
import type { SyncMode } from './task.ts';

/** PE-6: the common folder roles, from the weakest up. */
export const FolderRole = z.enum([
  'metadata_viewer',
  'viewer',
  'uploader',
  'uploader_viewer',
  'uploader_link',
  'downloader',
  'downloader_link',
  'uploader_downloader',
  'uploader_downloader_link',
  'editor_no_delete',
  'editor_no_link',
  'editor',
  'owner',
]);
export type FolderRole = z.infer<typeof FolderRole>;

const SEE: readonly Atom[] = ['visible', 'list'];
const READ: readonly Atom[] = [...SEE, 'preview'];
const TAKE: readonly Atom[] = [...READ, 'download', 'copy'];

/** The matrix of docs/spec/folder-roles.md. */
export const FOLDER_ROLE_ATOMS: Readonly<Record<FolderRole, readonly Atom[]>> = {
  metadata_viewer: SEE,
  viewer: READ,
  uploader: [...SEE, 'create'],
  uploader_viewer: [...READ, 'create'],
  uploader_link: [...SEE, 'create', 'shareLink'],
  downloader: TAKE,
  downloader_link: [...TAKE, 'shareLink'],
  uploader_downloader: [...TAKE, 'create'],
  uploader_downloader_link: [...TAKE, 'create', 'shareLink'],
  editor_no_delete: [...TAKE, 'create', 'update', 'move', 'shareLink'],
  editor_no_link: [...TAKE, 'create', 'update', 'move', 'delete'],
  editor: ATOMS,
  owner: ATOMS,
};

/** Roles whose holders may give rights on the folder themselves. */
export const GRANTING_ROLES: ReadonlySet<FolderRole> = new Set<FolderRole>(['owner']);

/**
 * PE-1: the atoms that a sync right brings along. A Backer looks at previews, but downloads and copies nothing; `delete` serves
 * the delete switch (UP-4).
 */
export const SYNC_RIGHT_ATOMS: Readonly<Record<SyncRight, readonly Atom[]>> = {
  none: [],
  backer: [...READ, 'create', 'update', 'move', 'delete'],
  synchronizer: [...TAKE, 'create', 'update', 'move', 'delete'],
};

/** PE-1: the modes of sync tasks that a sync right carries. */
export const SYNC_RIGHT_MODES: Readonly<Record<SyncRight, readonly SyncMode[]>> = {
  none: [],
  backer: ['upload'],
  synchronizer: ['bidirectional', 'upload'],
};
