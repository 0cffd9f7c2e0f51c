import { Suspense } from 'react';
import { DevicePage } from '#features/device/components/device-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <DevicePage />
    </Suspense>
  );
}
