/**
 * Percentiles of any number of values in bounded memory (16 MiB): counts by the leading 22 bits of the float32
 * pattern, ordered. Integers up to 16384 have a bin of their own, so that their percentiles are exact; above that a bin
 * is 1/8192 of the value wide.
 */
export interface ValueHistogram {
  /** Adds values; `skip` leaves some out (padding). NaN is left out. */
  add(values: Float32Array, skip?: (value: number, index: number) => boolean): void;
  /** Smallest value with at least `percent` % of the values at or below it. NaN when empty. */
  percentile(percent: number): number;
  readonly count: number;
}

const BITS = 22;
const SHIFT = 32 - BITS;

export function createHistogram(): ValueHistogram {
  const bins = new Uint32Array(1 << BITS);
  const scratch = new Float32Array(1);
  const pattern = new Uint32Array(scratch.buffer);
  let count = 0;
  const keyOf = (bits: number): number => (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> SHIFT;
  return {
    add(values, skip) {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let i = 0; i < values.length; i++) {
        const v = values[i]!;
        if (v !== v || skip?.(v, i)) continue;
        bins[keyOf(v === 0 ? 0 : bits[i]!)]!++;
        count++;
      }
    },
    percentile(percent) {
      if (count === 0) return NaN;
      const wanted = Math.max(1, Math.ceil((percent / 100) * count));
      let seen = 0;
      for (let key = 0; key < bins.length; key++) {
        seen += bins[key]!;
        if (seen >= wanted) {
          const ordered = (key << SHIFT) >>> 0;
          // The edge of the bin nearest to zero: exact for small integers of either sign.
          pattern[0] = ordered & 0x80000000 ? ordered & 0x7fffffff : ~(ordered | ((1 << SHIFT) - 1)) >>> 0;
          return scratch[0]!;
        }
      }
      return NaN;
    },
    get count() {
      return count;
    },
  };
}
