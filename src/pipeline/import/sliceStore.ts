import type { Slice } from '../../core/slice';

/** Bytes a decoded slice holds. */
export function bytesOf(slice: Slice): number {
  return slice.raster.data.byteLength + (slice.stored?.data.byteLength ?? 0) + (slice.rgb?.byteLength ?? 0) + 16_384;
}

/**
 * Decoded slices within a budget of bytes, shared by all series; the least recently used go first. A slice that is
 * being decoded is asked for once, however many wait for it.
 */
export class SliceStore {
  private readonly kept = new Map<string, Slice>();
  private readonly coming = new Map<string, Promise<Slice>>();
  private held = 0;

  constructor(readonly budget = 256 * 1024 * 1024) {}

  get bytes(): number {
    return this.held;
  }

  get count(): number {
    return this.kept.size;
  }

  has(key: string): boolean {
    return this.kept.has(key) || this.coming.has(key);
  }

  /** The slice, decoded by `make` unless it is here or on its way. */
  async get(key: string, make: () => Promise<Slice>): Promise<Slice> {
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
      return found;
    }
    const pending = this.coming.get(key);
    if (pending) return pending;
    const made = make();
    this.coming.set(key, made);
    try {
      const slice = await made;
      this.put(key, slice);
      return slice;
    } finally {
      this.coming.delete(key);
    }
  }

  private put(key: string, slice: Slice): void {
    this.kept.set(key, slice);
    this.held += bytesOf(slice);
    for (const [old, s] of this.kept) {
      if (this.held <= this.budget || old === key) break;
      this.kept.delete(old);
      this.held -= bytesOf(s);
    }
  }

  /** Forgets all slices whose key begins so. */
  drop(prefix: string): void {
    for (const [key, s] of this.kept) {
      if (!key.startsWith(prefix)) continue;
      this.kept.delete(key);
      this.held -= bytesOf(s);
    }
  }
}

/** The store that is used where none is given: one for all imports of a session. */
export const commonStore = new SliceStore();
