import type { FileHandle } from 'node:fs/promises';

/** Writes pieces one behind the other without joining them first: that would be one more copy of every byte. Answers their bytes. */
export async function writeAll(
  handle: Pick<FileHandle, 'writev'>,
  pieces: readonly Uint8Array[],
  atByte: number,
): Promise<number> {
  let done = 0;
  let left = dropBytes(pieces, 0);
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev([...left], atByte + done);
    done += bytesWritten;
    left = dropBytes(left, bytesWritten); // a nearly full disk takes less than it is given, and then says so
  }
  return done;
}

function dropBytes(pieces: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let leftBytes = count;
  return pieces.flatMap((piece) => {
    const kept = piece.subarray(Math.min(leftBytes, piece.length));
    leftBytes -= piece.length - kept.length;
    return kept.length > 0 ? [kept] : [];
  });
}
