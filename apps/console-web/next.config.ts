import type { NextConfig } from 'next';
import { fileURLToPath } from 'node:url';

/** The console is plain files: the API serves `out/` on its own origin and port. */
const config: NextConfig = {
  output: 'export',
  trailingSlash: true,
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
};

// A Next configuration file is read by its default export.
export default config;
