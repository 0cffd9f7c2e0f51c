import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import type { ReactNode } from 'react';

export type Head = {
  readonly key: string;
  readonly text: string;
  readonly align?: 'left' | 'right';
  readonly hidden?: boolean;
};
type Props = {
  readonly label: string;
  readonly heads: readonly Head[];
  readonly children: ReactNode;
  /** Stands in place of the rows when there are none. */
  readonly empty?: ReactNode;
};

const VISUALLY_HIDDEN = {
  position: 'absolute',
  width: '1px',
  height: '1px',
  overflow: 'hidden',
  clipPath: 'inset(50%)',
} as const;

/** A real table for lists that fit on one page. It scrolls sideways by itself, by keyboard too. */
export function DataTable({ label, heads, children, empty }: Props) {
  return (
    // what is hidden in it is placed by it, or the whole page would scroll sideways for that
    <TableContainer tabIndex={0} role="group" aria-label={label} sx={{ position: 'relative' }}>
      <Table
        size="small"
        aria-label={label}
        sx={{ '& th, & td': { px: 1.25 }, '& th:first-of-type': { pl: 2 }, '& tr > :last-child': { pr: 2 } }}
      >
        <TableHead>
          <TableRow>
            {heads.map(({ key, text, align = 'left', hidden = false }) => (
              <TableCell key={key} align={align} scope="col">
                {hidden ? <span style={VISUALLY_HIDDEN}>{text}</span> : text}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody sx={{ '& > tr:last-of-type > *': { borderBottom: 0 } }}>
          {children}
          {empty && (
            <TableRow>
              <TableCell colSpan={heads.length}>{empty}</TableCell>
            </TableRow>
          )}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
