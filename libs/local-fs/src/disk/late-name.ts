import { parse } from 'node:path';

const MAX_NAME_BYTES = 255;

/** `report (late change 2).txt`, cut so that it stays a name the disk can hold; the first has no number. */
export function labelled(name: string, { label, number }: { readonly label: string; readonly number: number }): string {
  const { name: stem, ext } = parse(name);
  const tail = ` (${number === 1 ? label : `${label} ${number}`})${ext}`;
  const letters = [...stem];
  while (Buffer.byteLength(letters.join('') + tail) > MAX_NAME_BYTES) letters.pop();
  return letters.join('') + tail;
}

/** Of what was saved at the very moment its place was taken. */
export const lateName = (name: string, number: number): string => labelled(name, { label: 'late change', number });
