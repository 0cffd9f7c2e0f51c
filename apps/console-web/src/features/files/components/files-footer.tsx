'use client';

import { KeysetFooter } from '#components/keyset-footer.tsx';
import type { UrlPatch } from '#lib/use-url-state.ts';
import { FILE_PAGE_SIZES, type FilesQuery } from '../files-query.ts';

type Props = {
  readonly listing: { readonly nodes: readonly unknown[]; readonly total: number; readonly next: string | null };
  readonly query: FilesQuery;
  readonly patch: (change: UrlPatch) => void;
};

export function FilesFooter({ listing, query, patch }: Props) {
  return (
    <KeysetFooter
      shown={listing.nodes.length}
      total={listing.total}
      pageSize={query.limit}
      pageSizes={FILE_PAGE_SIZES}
      after={query.after}
      next={listing.next}
      onPage={(after) => patch({ after })}
      onPageSize={(limit) => patch({ limit: String(limit), after: undefined })}
    />
  );
}
