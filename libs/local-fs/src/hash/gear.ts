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
