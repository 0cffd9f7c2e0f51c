import { z } from 'zod';
import * as files from '../files.ts';
import { VersionId } from '../ids.ts';
import { defineRoute } from '../route.ts';
import { nodeParam, none } from './params.ts';

const uploadParam = z.object({ uploadId: z.uuid() });

/** Files for people with a browser: resumable uploads, previews and archives. */
export const filesRoutes = {
  startUpload: defineRoute({
    method: 'POST',
    path: '/files/uploads',
    permission: 'person',
    summary: 'Begin to upload a file into a folder',
    body: files.StartUpload,
    response: files.Upload,
    errors: ['NODE_UNKNOWN', 'FORBIDDEN', 'PARENT_NOT_FOLDER', 'PARENT_TRASHED', 'NAME_TAKEN', 'QUOTA_EXCEEDED'],
  }),
  upload: defineRoute({
    method: 'GET',
    path: '/files/uploads/:uploadId',
    permission: 'person',
    summary: 'How far an upload of mine is: where to go on after a broken connection',
    params: uploadParam,
    response: files.Upload,
    errors: ['NOT_FOUND'],
  }),
  sendBytes: defineRoute({
    method: 'PUT',
    path: '/files/uploads/:uploadId/bytes',
    permission: 'person',
    summary: 'Send bytes of an upload from its offset on, as many as wished',
    params: uploadParam,
    query: files.SendBytesQuery,
    requestBytes: true,
    response: files.Upload,
    errors: ['NOT_FOUND', 'OFFSET_MISMATCH', 'CHUNK_CORRUPT', 'PAYLOAD_TOO_LARGE'],
  }),
  finishUpload: defineRoute({
    method: 'POST',
    path: '/files/uploads/:uploadId/finish',
    permission: 'person',
    summary: 'Put the uploaded file into its folder; sending it again answers the same file',
    params: uploadParam,
    response: files.FinishedUpload,
    errors: ['NOT_FOUND', 'OFFSET_MISMATCH', 'NAME_TAKEN', 'QUOTA_EXCEEDED', 'PARENT_UNKNOWN', 'PARENT_TRASHED'],
  }),
  cancelUpload: defineRoute({
    method: 'DELETE',
    path: '/files/uploads/:uploadId',
    permission: 'person',
    summary: 'Give an upload up',
    params: uploadParam,
    response: none,
  }),
  preview: defineRoute({
    method: 'GET',
    path: '/files/:nodeId/preview',
    permission: 'drive',
    summary:
      'The bytes of a file for showing: pictures, sound, film and plain text in a sandbox, anything else as an attachment for who may download',
    params: nodeParam,
    query: z.object({ version: VersionId.optional() }),
    responseBytes: true,
    errors: ['NODE_UNKNOWN', 'FORBIDDEN', 'RANGE_INVALID'],
  }),
  zip: defineRoute({
    method: 'GET',
    path: '/files/zip',
    permission: 'drive',
    summary: 'Files and folders as one zip archive; what the caller may not download is left out',
    query: files.ZipQuery,
    responseBytes: true,
    errors: ['NODE_UNKNOWN', 'FORBIDDEN'],
  }),
};
