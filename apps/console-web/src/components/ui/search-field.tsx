'use client';

import SearchIcon from '@mui/icons-material/Search';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import { useEffect, useState } from 'react';

const QUIET_MS = 300;
type Props = { readonly label: string; readonly value: string; readonly onSearch: (search: string) => void };

/** Asks once the person stops typing. */
export function SearchField({ label, value, onSearch }: Props) {
  const [text, setText] = useState(value);
  const [sent, setSent] = useState(value);
  const [seen, setSeen] = useState(value);
  // The address changed, and not by what was typed here (back button, cleared filters): the field follows it.
  if (value !== seen) {
    setSeen(value);
    if (value !== sent) setText(value);
  }
  useEffect(() => {
    const search = text.trim();
    if (search === value) return;
    const id = window.setTimeout(() => {
      setSent(search);
      onSearch(search);
    }, QUIET_MS);
    return () => window.clearTimeout(id);
  }, [text, value, onSearch]);
  return (
    <TextField
      type="search"
      label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      sx={{ width: { xs: '100%', sm: 300 } }}
      slotProps={{
        htmlInput: { maxLength: 200 },
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <SearchIcon fontSize="small" />
            </InputAdornment>
          ),
        },
      }}
    />
  );
}
