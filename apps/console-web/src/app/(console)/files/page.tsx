import { Suspense } from 'react';
import { FilesPage } from '#features/files/components/files-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <FilesPage />
    </Suspense>
  );
}
