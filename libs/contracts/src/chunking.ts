// Apart from the schemas, like `content-id.ts`: workers, servers and browsers that cut files need nothing else.
import { AVG_CDC_CHUNK_BYTES, MAX_CDC_CHUNK_BYTES, MIN_CDC_CHUNK_BYTES } from './content-id.ts';

/** A gear hash of 32 bits forgets a byte after 32 more: bytes before that need not be looked at. */
const WINDOW_BYTES = 32;
/** Normalized chunking: 24 zero bits up to the average size, 20 above it, so that sizes gather around the average. */
const RARE_MASK = 0xffffff00 | 0;
const FREQUENT_MASK = 0xfffff000 | 0;

export type ChunkSizes = { readonly minBytes: number; readonly avgBytes: number; readonly maxBytes: number };

export const CDC_SIZES: ChunkSizes = {
  minBytes: MIN_CDC_CHUNK_BYTES,
  avgBytes: AVG_CDC_CHUNK_BYTES,
  maxBytes: MAX_CDC_CHUNK_BYTES,
};

/** Written down so that every implementation cuts at the same places: mulberry32 from this seed, 256 numbers of 32 bits. */
const GEAR_SEED = 0x74696465;

export const GEAR = gearTable();

function gearTable(): Int32Array {
  const table = new Int32Array(256);
  let state = GEAR_SEED;
  for (let index = 0; index < table.length; index += 1) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    table[index] = mixed ^ (mixed >>> 14);
  }
  return table;
}

/** Cuts by content (FastCDC-style), so that an insertion changes the chunks around it only. A cut forgets what was before it. */
export type Cutter = {
  /** Tells how many bytes from `from` on belong to the current chunk, and whether it ends with them. */
  next(bytes: Uint8Array, from: number): { length: number; isCut: boolean };
};

export function createCutter({ minBytes, avgBytes, maxBytes }: ChunkSizes = CDC_SIZES): Cutter {
  let size = 0;
  const state: GearState = { gear: 0 };
  /** Goes on to where the chunk has `target` bytes, or to the first cut; answers where it stopped. */
  const advance = (bytes: Uint8Array, from: number, { target, mask }: { target: number; mask: number }): number => {
    const end = Math.min(bytes.length, from + Math.max(0, target - size));
    const at = mask === NEVER ? warmUp(bytes, { from, end }, state) : findCut(bytes, { from, end, mask }, state);
    size += at - from;
    return at;
  };
  return {
    next: (bytes, from) => {
      const skipped = Math.min(bytes.length - from, Math.max(0, minBytes - WINDOW_BYTES - size));
      size += skipped;
      let at = advance(bytes, from + skipped, { target: minBytes, mask: NEVER });
      at = advance(bytes, at, { target: avgBytes, mask: RARE_MASK });
      if (!state.isCut) at = advance(bytes, at, { target: maxBytes, mask: FREQUENT_MASK });
      const isCut = state.isCut === true || size === maxBytes;
      if (isCut) {
        size = 0;
        state.gear = 0;
        state.isCut = false;
      }
      return { length: at - from, isCut };
    },
  };
}

type GearState = { gear: number; isCut?: boolean };
/** No cut below the smallest size. */
const NEVER = 0;

// The two loops below see every byte of large files: locals only, no calls, no bounds beyond `end`.
function warmUp(bytes: Uint8Array, { from, end }: { from: number; end: number }, state: GearState): number {
  const table = GEAR;
  let gear = state.gear;
  for (let at = from; at < end; at += 1) gear = ((gear << 1) + (table[bytes[at] as number] as number)) | 0;
  state.gear = gear;
  return Math.max(from, end);
}

type Stretch = { readonly from: number; readonly end: number; readonly mask: number };

function findCut(bytes: Uint8Array, { from, end, mask }: Stretch, state: GearState): number {
  const table = GEAR;
  let gear = state.gear;
  let at = from;
  while (at < end) {
    gear = ((gear << 1) + (table[bytes[at] as number] as number)) | 0;
    at += 1;
    if ((gear & mask) === 0) {
      state.isCut = true;
      break;
    }
  }
  state.gear = gear;
  return at;
}
