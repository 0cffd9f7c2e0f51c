'use client';

import Box from '@mui/material/Box';
import { useTranslations } from 'use-intl';
import { CopyField } from '#components/ui/copy-field.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { enrollCommand } from '#lib/enroll-command.ts';

export function InstallGuide() {
  const t = useTranslations('enrollment');
  return (
    <Panel title={t('guide')} lead={t('guideLead')}>
      <Box component="ol" sx={{ m: 0, pl: 2.5, display: 'grid', gap: 1.5 }}>
        <li>
          {t('guideEnroll')}
          <Box sx={{ mt: 0.75 }}>
            <CopyField label={t('guideEnroll')} text={enrollCommand({ server: location.origin })} />
          </Box>
        </li>
        <li>
          {t('guideRun')}
          <Box sx={{ mt: 0.75 }}>
            <CopyField label={t('guideRun')} text="npx tideline run" />
          </Box>
        </li>
      </Box>
    </Panel>
  );
}
