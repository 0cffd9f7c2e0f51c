import { useState } from 'react';

type Visibility = Record<string, boolean>;

/** The columns a person chose for one table, kept in this browser. */
export function useStoredColumns(table: string): readonly [Visibility, (visible: Visibility) => void] {
  const key = `tideline-columns-${table}`;
  const [visible, setVisible] = useState<Visibility>(() => read(key));
  const choose = (next: Visibility) => {
    setVisible(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // storage is blocked or full: the choice lasts until the page is left
    }
  };
  return [visible, choose];
}

function read(key: string): Visibility {
  try {
    return parseColumns(localStorage.getItem(key));
  } catch {
    return {}; // storage is blocked: every column is shown
  }
}

export function parseColumns(text: string | null): Visibility {
  try {
    const stored: unknown = JSON.parse(text ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'),
    );
  } catch {
    return {}; // not ours any more: every column is shown
  }
}
