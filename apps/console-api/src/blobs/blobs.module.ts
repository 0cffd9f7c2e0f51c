import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { collectYoungEvery } from '../app/young-collection.ts';
import type { BlobPlace } from '../config/blob-place.ts';
import { BlobStore } from './blob-store.ts';
import { CollectingBlobStore } from './collecting-blob-store.ts';
import { ContentReader } from './content-reader.ts';
import { DirectoryBlobStore } from './directory-blob-store.ts';
import { PackService } from './pack.service.ts';

/** What passes through buffers between two young collections. With 8 MiB they cost more than they spared; see docs/performance.md. */
const COLLECT_BYTES = 32 * 1024 ** 2;

@Global()
@Module({})
export class BlobsModule implements OnApplicationShutdown {
  constructor(@Inject(BlobStore) private readonly blobs: BlobStore) {}

  /** Bytes in a folder of this machine, or in a store that speaks S3. */
  static at(place: BlobPlace): DynamicModule {
    return {
      module: BlobsModule,
      providers: [{ provide: BlobStore, useFactory: () => openStore(place) }, PackService, ContentReader],
      exports: [BlobStore, PackService, ContentReader],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.blobs.close();
  }
}

async function openStore(place: BlobPlace): Promise<BlobStore> {
  return new CollectingBlobStore(await openPlace(place), collectYoungEvery(COLLECT_BYTES));
}

async function openPlace(place: BlobPlace): Promise<BlobStore> {
  if (place.kind === 'directory') return DirectoryBlobStore.open(place.folder);
  const { S3BlobStore } = await import('./s3-blob-store.ts'); // its client is large, and most consoles need none
  return S3BlobStore.open(place.settings, place.spoolFolder);
}
