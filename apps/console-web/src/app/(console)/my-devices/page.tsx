import { OwnDevicesPage } from '#features/own-devices/components/own-devices-page.tsx';

export default function Page() {
  return <OwnDevicesPage />;
}
