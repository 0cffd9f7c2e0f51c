/** Bytes of a file's beginning that tell whether it looks encrypted. */
export const SAMPLE_BYTES = 64 * 1024;
/** Fewer bytes say nothing: even random ones repeat too seldom to be told from text. */
const LEAST_BYTES = 256;
/** Bits per byte. Text has 4 to 5, programs about 6, base64 6; only compressed and encrypted bytes come near 8. */
const HIGH_ENTROPY = 7.2;

/** How formats begin that are compressed by themselves: high entropy is their nature. `at`: offset of the bytes. */
const COMPRESSED: readonly { readonly at: number; readonly bytes: readonly number[] }[] = [
  { at: 0, bytes: [0xff, 0xd8, 0xff] }, // JPEG
  { at: 0, bytes: [0x89, 0x50, 0x4e, 0x47] }, // PNG
  { at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] }, // ZIP, and with it office documents
  { at: 0, bytes: [0x1f, 0x8b] }, // gzip
  { at: 0, bytes: [0x42, 0x5a, 0x68] }, // bzip2
  { at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a] }, // xz
  { at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] }, // Zstandard
  { at: 0, bytes: [0x37, 0x7a, 0xbc, 0xaf] }, // 7z
  { at: 0, bytes: [0x52, 0x61, 0x72, 0x21] }, // RAR
  { at: 0, bytes: [0x25, 0x50, 0x44, 0x46] }, // PDF
  { at: 0, bytes: [0x47, 0x49, 0x46, 0x38] }, // GIF
  { at: 0, bytes: [0x52, 0x49, 0x46, 0x46] }, // RIFF: WebP, WAV, AVI
  { at: 0, bytes: [0x4f, 0x67, 0x67, 0x53] }, // Ogg
  { at: 0, bytes: [0x49, 0x44, 0x33] }, // MP3
  { at: 0, bytes: [0x1a, 0x45, 0xdf, 0xa3] }, // Matroska
  { at: 4, bytes: [0x66, 0x74, 0x79, 0x70] }, // MP4, HEIC
];

export type SampleVerdict = 'encrypted' | 'plain' | 'unclear';

export function judgeSample(sample: Uint8Array): SampleVerdict {
  if (sample.length < LEAST_BYTES) return 'unclear';
  if (COMPRESSED.some(({ at, bytes }) => bytes.every((byte, index) => sample[at + index] === byte))) return 'plain';
  return bitsPerByte(sample) >= HIGH_ENTROPY ? 'encrypted' : 'plain';
}

/** Shannon entropy, with the correction of Miller and Madow for what a short sample cannot show. */
export function bitsPerByte(sample: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  let distinct = 0;
  for (const count of counts) {
    if (count === 0) continue;
    distinct += 1;
    const share = count / sample.length;
    bits -= share * Math.log2(share);
  }
  return bits + (distinct - 1) / (2 * sample.length * Math.LN2);
}

/** More than half of what can be told looks encrypted. */
export function looksEncrypted(verdicts: readonly SampleVerdict[]): boolean {
  const clear = verdicts.filter((verdict) => verdict !== 'unclear');
  const encrypted = clear.filter((verdict) => verdict === 'encrypted');
  return encrypted.length * 2 > clear.length;
}

/** The extension that most of these names have and had not before, if there is one. */
export function newCommonExtension(names: readonly { readonly before: string; readonly now: string }[]): string | null {
  const counts = new Map<string, number>();
  for (const { before, now } of names) {
    const extension = extensionOf(now);
    if (extension !== '' && extension !== extensionOf(before)) counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  for (const [extension, count] of counts) if (count * 2 > names.length) return extension;
  return null;
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}
