import { IMPORT_COLUMNS, MAX_IMPORT_LINES, type ImportColumn, type ImportProblem } from '@tideline/contracts';
import { CsvError, parse } from 'csv-parse/sync';

export type TableLine = { readonly line: number; readonly cells: Readonly<Record<ImportColumn, string>> };
export type Table = { readonly lines: readonly TableLine[]; readonly problems: readonly ImportProblem[] };

type ParsedRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };
const REQUIRED: readonly ImportColumn[] = ['name', 'email'];
const MAX_LINE_CHARS = 10_000;

/** Reads a CSV table by its header; columns may stand in any order and be left out. Cells are trimmed. */
export function readTable(csv: string): Table {
  const parsed = parseRecords(csv);
  if (!Array.isArray(parsed)) return { lines: [], problems: [parsed] };
  const [header, ...rows] = parsed;
  const names = header?.record ?? [];
  const problems = headerProblems(names);
  if (rows.length > MAX_IMPORT_LINES) problems.push(problem('TOO_MANY_LINES', { line: 1, value: String(rows.length) }));
  if (problems.length > 0) return { lines: [], problems };
  return { lines: rows.map((row) => toLine(row, names)), problems: [] };
}

function parseRecords(csv: string): ParsedRecord[] | ImportProblem {
  try {
    const options = { bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true } as const;
    return parse(csv, { ...options, max_record_size: MAX_LINE_CHARS }) as unknown as ParsedRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return problem('MALFORMED', { line: Math.max(1, line), value: error.code });
  }
}

function headerProblems(names: readonly string[]): ImportProblem[] {
  const known: readonly string[] = IMPORT_COLUMNS;
  const unknown = names.filter((name, index) => !known.includes(name) || names.indexOf(name) !== index);
  const missing = REQUIRED.filter((name) => !names.includes(name));
  return [
    ...unknown.map((value) => problem('COLUMN_UNKNOWN', { line: 1, value })),
    ...missing.map((column) => problem('COLUMN_MISSING', { line: 1, column, value: column })),
  ];
}

function toLine({ record, info }: ParsedRecord, names: readonly string[]): TableLine {
  const cellOf = (column: ImportColumn): string => record[names.indexOf(column)] ?? '';
  const cells = Object.fromEntries(IMPORT_COLUMNS.map((column) => [column, cellOf(column)])) as TableLine['cells'];
  return { line: info.lines, cells };
}

export function problem(
  code: ImportProblem['code'],
  where: { readonly line: number; readonly column?: ImportColumn; readonly value: string },
): ImportProblem {
  return { line: where.line, column: where.column ?? null, code, value: where.value.slice(0, 200) };
}
