import { useState } from 'react';

type Visibility = Record<string, boolean>;

/** The columns a person chose for one table, kept in this browser. */
export function useStoredColumns(
  table: string,
  unlessChosen: Visibility,
): readonly [Visibility, (visible: Visibility) => void] {
  const key = `tideline-columns-${table}`;
  const [chosen, setChosen] = useState<Visibility | undefined>(() => read(key));
  const choose = (next: Visibility) => {
    setChosen(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // storage is blocked or full: the choice lasts until the page is left
    }
  };
  return [chosen ?? unlessChosen, choose];
}

function read(key: string): Visibility | undefined {
  try {
    return parseColumns(localStorage.getItem(key));
  } catch {
    return undefined; // storage is blocked: nothing was chosen
  }
}

export function parseColumns(text: string | null): Visibility | undefined {
  try {
    const stored: unknown = JSON.parse(text ?? 'null');
    if (typeof stored !== 'object' || stored === null) return undefined;
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'),
    );
  } catch {
    return undefined; // not ours any more: nothing was chosen
  }
}
