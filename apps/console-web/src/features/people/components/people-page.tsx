'use client';

import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { useTranslations } from 'use-intl';
import { ReadersOnly } from '#components/readers-only.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useUrlState } from '#lib/use-url-state.ts';
import { GrantsPanel } from './grants-panel.tsx';
import { TeamsPanel } from './teams-panel.tsx';
import { UsersPanel } from './users-panel.tsx';

const TABS = ['grants', 'users', 'teams'] as const;
const PANELS = { grants: GrantsPanel, users: UsersPanel, teams: TeamsPanel } as const;

export function PeoplePage() {
  const t = useTranslations('people');
  const { params, patch } = useUrlState();
  const tab = TABS.find((name) => name === params.get('tab')) ?? 'grants';
  const TabPanel = PANELS[tab];
  return (
    <ReadersOnly>
      <PageHeader title={t('title')} lead={t('lead')} />
      <Tabs
        value={tab}
        onChange={(_, name: string) => patch({ tab: name === 'grants' ? undefined : name })}
        aria-label={t('title')}
        variant="scrollable"
        sx={{ mb: 2, borderBottom: 1, borderColor: 'divider' }}
      >
        {TABS.map((name) => (
          <Tab key={name} value={name} label={t(`tabs.${name}`)} id={`tab-${name}`} aria-controls="people-panel" />
        ))}
      </Tabs>
      <Box role="tabpanel" id="people-panel" aria-labelledby={`tab-${tab}`}>
        <TabPanel />
      </Box>
    </ReadersOnly>
  );
}
