import { Suspense } from 'react';
import { LoginPage } from '#features/session/components/login-page.tsx';

export default function Page() {
  return (
    <Suspense>
      <LoginPage />
    </Suspense>
  );
}
