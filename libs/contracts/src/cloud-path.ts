import { isCloudName } from './names.ts';
import { Text } from './text.ts';

/** Where a cloud folder is, as a person writes it: `personal:/Docs`, `team/Engineering:/Specs`, `enterprise:/`, `share/NAME:/`. */
export type CloudPath = {
  readonly space:
    { readonly kind: 'personal' | 'enterprise' } | { readonly kind: 'team' | 'share'; readonly name: string };
  /** Folder names from the space's root down; empty for the root itself. */
  readonly segments: readonly string[];
};

const SHAPE = /^(?:(personal|enterprise)|(team|share)\/([^:]+)):(\/.*)?$/s;

/** Answers `undefined` for text that is not a cloud path. */
export function parseCloudPath(text: string): CloudPath | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const segments = (match[4] ?? '/')
    .split('/')
    .filter((segment) => segment !== '')
    .map((s) => s.normalize('NFC'));
  if (!segments.every(isCloudName)) return undefined;
  if (match[1] === 'personal' || match[1] === 'enterprise') return { space: { kind: match[1] }, segments };
  if ((match[2] === 'team' || match[2] === 'share') && match[3]) {
    return { space: { kind: match[2], name: match[3].normalize('NFC') }, segments };
  }
  return undefined;
}

export function formatCloudPath(path: CloudPath): string {
  const space = 'name' in path.space ? `${path.space.kind}/${path.space.name}` : path.space.kind;
  return `${space}:/${path.segments.join('/')}`;
}

export const CloudPathText = Text.max(4096).refine(
  (text) => parseCloudPath(text) !== undefined,
  'expected a cloud path such as team/Engineering:/Specs',
);
