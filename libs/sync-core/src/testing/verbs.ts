import type { Hands, Item } from './hands.ts';

export const VERBS = [
  ...['file', 'folder', 'edit', 'move', 'remove', 'touch', 'swap', 'same', 'wrap', 'unwrap'],
  ...['empty', 'retype', 'over'],
] as const satisfies readonly string[];
export type Verb =
  | 'file'
  | 'folder'
  | 'edit'
  | 'move'
  | 'remove'
  | 'touch'
  | 'swap'
  | 'same'
  | 'wrap'
  | 'unwrap'
  | 'empty'
  | 'retype'
  | 'over';

/** One thing a person does: on device `who`, or in the drive when there is no such device. Numbers choose among what is there. */
export type Act = {
  readonly who: number;
  readonly verb: Verb;
  readonly x: number;
  readonly y: number;
  readonly z: number;
};

const NAMES = ['a', 'b', 'c', 'd'];

type Choice<R> = {
  readonly hands: Hands<R>;
  readonly act: Act;
  readonly item: Item<R>;
  readonly other: Item<R>;
  readonly file: Item<R>;
  readonly folder: R;
  readonly name: string;
  readonly token: string;
};

/** Does what is asked. Throws where there is nothing to do it to, or it is refused. */
export function perform<R>(hands: Hands<R>, act: Act, token: string): void {
  const items = hands.items();
  const files = items.filter((item) => item.kind === 'file');
  const folders = [hands.root, ...items.filter((item) => item.kind === 'folder').map((item) => item.ref)];
  const name = NAMES[act.z % NAMES.length] ?? 'a';
  const nothing = 'nothing to do it to';
  const choice: Choice<R> = {
    hands,
    act,
    name,
    token,
    get item() {
      return pick(items, act.x) ?? raise(nothing);
    },
    get other() {
      return pick(items, act.y) ?? raise(nothing);
    },
    get file() {
      return pick(files, act.x) ?? raise(nothing);
    },
    folder: pick(folders, act.y) ?? hands.root,
  };
  DEEDS[act.verb](choice);
}

const DEEDS: Record<Verb, <R>(choice: Choice<R>) => void> = {
  file: ({ hands, folder, name, token }) => void hands.create(folder, name, token),
  same: ({ hands, folder, name }) => void hands.create(folder, name, 'same'),
  folder: ({ hands, folder, name }) => void hands.create(folder, name, null),
  edit: ({ hands, file, token }) => hands.write(file.ref, token),
  touch: ({ hands, file, act }) => hands.touch(file.ref, { mtimeMs: 50_000 + act.y, exec: act.z % 2 === 0 }),
  move: ({ hands, item, folder, name }) => hands.move(item.ref, folder, name),
  remove: ({ hands, item }) => hands.remove(item.ref),
  swap: ({ hands, item, other }) => {
    if (item.ref === other.ref) return;
    hands.move(item.ref, hands.root, 'swapping');
    hands.move(other.ref, item.parent, item.name);
    hands.move(item.ref, other.parent, other.name);
  },
  /** `a` becomes `a/a`. */
  wrap: ({ hands, item }) => {
    hands.move(item.ref, hands.root, 'wrapping');
    const folder = hands.create(item.parent, item.name, null);
    hands.move(item.ref, folder, item.name);
  },
  /** A folder with one thing in it is replaced by that thing. */
  unwrap: ({ hands, act }) => {
    const items = hands.items();
    const inside = (folder: Item<unknown>) => items.filter((item) => item.parent === folder.ref);
    const folder = pick(
      items.filter((item) => item.kind === 'folder' && inside(item).length === 1),
      act.x,
    );
    const child = folder && items.find((item) => item.parent === folder.ref);
    if (!folder || !child) return;
    hands.move(child.ref, hands.root, 'unwrapping');
    hands.remove(folder.ref);
    hands.move(child.ref, folder.parent, folder.name);
  },
  /** Everything in a folder goes, the folder stays. */
  empty: ({ hands, folder }) => {
    for (const item of hands.items()) if (item.parent === folder) hands.remove(item.ref);
  },
  /** A file becomes a folder of the same name, or the other way round. */
  retype: ({ hands, item, token }) => {
    hands.remove(item.ref);
    hands.create(item.parent, item.name, item.kind === 'file' ? null : token);
  },
  /** As `mv -f`: what stood there is gone. */
  over: ({ hands, item, other }) => {
    if (item.ref === other.ref) return;
    hands.remove(other.ref);
    hands.move(item.ref, other.parent, other.name);
  },
};

function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(1, list.length)];
}

function raise(message: string): never {
  throw new Error(message);
}
