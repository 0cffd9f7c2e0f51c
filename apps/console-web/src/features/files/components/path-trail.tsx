'use client';

import Box from '@mui/material/Box';
import Breadcrumbs from '@mui/material/Breadcrumbs';
import Link from '@mui/material/Link';
import type { NodeId, Space } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { useSpaceName } from '#components/space-name.tsx';
import { folderHref } from '../files-query.ts';

type Props = { readonly space: Space; readonly path: readonly { id: NodeId; name: string }[]; readonly last?: string };

export function PathTrail({ space, path, last }: Props) {
  const t = useTranslations();
  const nameOf = useSpaceName();
  // The root carries the name of its space, whatever the drive calls it.
  const folders = path.filter(({ id }) => id !== space.rootId);
  const steps = [
    { href: folderHref(space.id), name: nameOf(space) },
    ...folders.map(({ id, name }) => ({ href: folderHref(space.id, id), name })),
  ];
  return (
    <Breadcrumbs
      aria-label={t('common.breadcrumbs')}
      maxItems={6}
      sx={{ mb: 1, fontSize: '0.875rem', overflowWrap: 'anywhere' }}
    >
      <Link component={NextLink} href="/files/">
        {t('files.title')}
      </Link>
      {steps.map(({ href, name }, index) =>
        index === steps.length - 1 && last === undefined ? (
          <Box component="span" aria-current="page" key={href}>
            {name}
          </Box>
        ) : (
          <Link component={NextLink} href={href} key={href}>
            {name}
          </Link>
        ),
      )}
      {last !== undefined && (
        <Box component="span" aria-current="page">
          {last}
        </Box>
      )}
    </Breadcrumbs>
  );
}
