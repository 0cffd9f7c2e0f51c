/** The most rows that the API gives at once. */
const PAGE_ROWS = 1000;

/** Every page of a list, one after the other. */
export async function readAllPages<Page extends { readonly next: string | null }, Row>(
  read: (query: { readonly after?: string; readonly limit: number }) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const page: Page = await read({ limit: PAGE_ROWS, ...(after !== null && { after }) });
    rows.push(...rowsOf(page));
    after = page.next;
  } while (after !== null);
  return rows;
}
