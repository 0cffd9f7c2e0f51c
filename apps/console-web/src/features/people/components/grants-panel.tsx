'use client';

import AddIcon from '@mui/icons-material/Add';
import VpnKeyIcon from '@mui/icons-material/VpnKeyOutlined';
import Button from '@mui/material/Button';
import type { Grant } from '@tideline/contracts';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { useSession } from '#lib/session.ts';
import { mayAdminister } from '#lib/access.ts';
import { useGrants } from '../api/people.ts';
import { GrantDialog } from './grant-dialog.tsx';
import { GrantRow } from './grant-row.tsx';
import { TakeBackDialog } from './take-back-dialog.tsx';

export function GrantsPanel() {
  const t = useTranslations('people');
  const { data: grants, error, refetch } = useGrants();
  const [giving, setGiving] = useState(false);
  const [taking, setTaking] = useState<Grant | null>(null);
  const admin = mayAdminister(useSession());
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!grants) return <Loading />;
  return (
    <>
      <Panel
        title={t('tabs.grants')}
        lead={t('grants.lead')}
        flush
        actions={
          admin && (
            <Button variant="contained" startIcon={<AddIcon />} onClick={() => setGiving(true)}>
              {t('grants.give')}
            </Button>
          )
        }
      >
        <GrantsTable grants={grants} onTakeBack={admin ? setTaking : undefined} />
      </Panel>
      {giving && <GrantDialog onClose={() => setGiving(false)} />}
      {taking && <TakeBackDialog grant={taking} onClose={() => setTaking(null)} />}
    </>
  );
}

type TableProps = { readonly grants: readonly Grant[]; readonly onTakeBack: ((grant: Grant) => void) | undefined };

function GrantsTable({ grants, onTakeBack }: TableProps) {
  const t = useTranslations('people');
  const heads: Head[] = [
    { key: 'to', text: t('grants.to') },
    { key: 'right', text: t('grants.right') },
    { key: 'folder', text: t('grants.folder') },
    { key: 'expires', text: t('grants.expires') },
    { key: 'by', text: t('grants.by') },
    { key: 'actions', text: t('grants.actions'), hidden: true },
  ];
  return (
    <DataTable
      label={t('tabs.grants')}
      heads={heads}
      empty={
        grants.length === 0 && (
          <EmptyState icon={<VpnKeyIcon />} title={t('grants.none')}>
            {t('grants.noneText')}
          </EmptyState>
        )
      }
    >
      {grants.map((grant) => (
        <GrantRow key={grant.id} grant={grant} onTakeBack={onTakeBack} />
      ))}
    </DataTable>
  );
}
