import { Global, Module, type DynamicModule } from '@nestjs/common';
import { BlobStore } from './blob-store.ts';
import { ContentReader } from './content-reader.ts';
import { DirectoryBlobStore } from './directory-blob-store.ts';
import { PackService } from './pack.service.ts';

@Global()
@Module({})
export class BlobsModule {
  /** Bytes in a folder of this machine. */
  static inFolder(folder: string): DynamicModule {
    return {
      module: BlobsModule,
      providers: [
        { provide: BlobStore, useFactory: () => DirectoryBlobStore.open(folder) },
        PackService,
        ContentReader,
      ],
      exports: [BlobStore, PackService, ContentReader],
    };
  }
}
