import { cos, ln } from './math';

/**
 * Seeded random numbers: the one source of chance on the data path. sfc32 (Chris Doty-Humphrey, PractRand), 128 bits
 * of state, integer arithmetic only, so the same seed gives the same numbers in every engine.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** A new stream that depends on this seed and `label` alone, not on how much was drawn. */
  fork(label: string): Random;
}

/** 32-bit FNV-1a with a final avalanche, over UTF-16 units. */
export function hashString(text: string, start = 0x811c9dc5): number {
  let h = start >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A stream from a seed: a number or any string (`recipe:source:copy`). */
export function makeRandom(seed: number | string): Random {
  const key = String(seed);
  let a = hashString(key, 0x811c9dc5);
  let b = hashString(key, 0x9e3779b9);
  let c = hashString(key, 0x243f6a88);
  let d = 1;
  const draw = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) draw();
  const next = () => draw() / 4294967296;
  let spare: number | null = null;
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const r = Math.sqrt(-2 * ln((draw() + 1) / 4294967297));
      const angle = 6.283185307179586 * next();
      spare = r * cos(angle - 1.5707963267948966);
      return r * cos(angle);
    },
    pick: (items) => items[Math.floor(next() * items.length)]!,
    fork: (label) => makeRandom(`${key}/${label}`),
  };
}
