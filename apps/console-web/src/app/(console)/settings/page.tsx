import { Suspense } from 'react';
import { SettingsPage } from '#features/settings/components/settings-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <SettingsPage />
    </Suspense>
  );
}
