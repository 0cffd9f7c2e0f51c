import { Suspense } from 'react';
import { DevicesPage } from '#features/devices/components/devices-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <DevicesPage />
    </Suspense>
  );
}
