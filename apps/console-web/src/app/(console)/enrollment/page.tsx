import { Suspense } from 'react';
import { EnrollmentPage } from '#features/enrollment/components/enrollment-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <EnrollmentPage />
    </Suspense>
  );
}
