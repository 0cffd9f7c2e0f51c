/**
 * A frame carries JSON and bytes in one body: 4 bytes big-endian length of the JSON header, the header in UTF-8, then the
 * bytes of every part in the order and with the sizes that the header tells. Content type `application/x-tideline-frame`.
 */
export const FRAME_CONTENT_TYPE = 'application/x-tideline-frame';
export const MAX_FRAME_HEADER_BYTES = 4 * 1024 * 1024;

export function encodeFrame(header: unknown, parts: readonly Uint8Array[]): Uint8Array[] {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return [length, json, ...parts];
}

export type DecodedFrame = { readonly header: unknown; readonly bytes: Uint8Array };

/** Splits a whole frame; answers `undefined` when it is cut short or its header is not JSON. */
export function decodeFrame(frame: Uint8Array): DecodedFrame | undefined {
  if (frame.length < 4) return undefined;
  const length = new DataView(frame.buffer, frame.byteOffset, 4).getUint32(0);
  if (length > MAX_FRAME_HEADER_BYTES || frame.length < 4 + length) return undefined;
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + length)));
    return { header, bytes: frame.subarray(4 + length) };
  } catch {
    return undefined; // not JSON or not UTF-8: the caller answers INVALID_INPUT
  }
}
