import type { FileType } from '@tideline/contracts';

/** Endings of file names, without the dot, in lower case. */
const ENDINGS: Readonly<Record<FileType, string>> = {
  video: '3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts ogv vob webm wmv',
  audio: 'aac aif aiff flac m4a mid midi mp3 oga ogg opus wav wma',
  image: 'ai arw avif bmp cr2 cr3 dng eps gif heic heif jpeg jpg nef orf png psd raf raw svg tif tiff webp',
  archive: '7z bz2 cab gz lz lzma rar tar tbz tgz txz xz z zip zst',
  'disk-image': 'dmg img iso ova ovf qcow2 vdi vhd vhdx vmdk wim',
  program: 'apk appimage bat cmd com deb dll exe jar msi msix pkg ps1 rpm run scr sh so vbs',
  database: 'accdb db db3 dbf frm ibd ldf mdb mdf myd myi ndf sqlite sqlite3',
  'mail-store': 'mbox nsf ost pst',
};

/** Whether a file is of one of these types, by the ending of its name. */
export function typeMatcher(types: readonly FileType[]): (name: string) => FileType | undefined {
  const byEnding = new Map(types.flatMap((type) => ENDINGS[type].split(' ').map((ending) => [ending, type] as const)));
  return (name) => {
    const dot = name.lastIndexOf('.');
    return dot <= 0 ? undefined : byEnding.get(name.slice(dot + 1).toLowerCase());
  };
}
