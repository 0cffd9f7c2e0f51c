import { Suspense } from 'react';
import { PeoplePage } from '#features/people/components/people-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <PeoplePage />
    </Suspense>
  );
}
