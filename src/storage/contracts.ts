/**
 * Where a set is written to. Paths are relative, with `/`; nothing above the root can be reached. A path either holds
 * a whole file or nothing: writes go to a temporary name first and are renamed when complete.
 * All methods reject with StudioError: `storage/full`, `storage/denied`, `storage/failed`.
 */
export interface Sink {
  /** Writes the whole file, replacing an old one. */
  write(path: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Bytes of a file, or null where there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Size in bytes, or null where there is none. */
  size(path: string): Promise<number | null>;
  /** Names (not paths) of the files directly in a folder, sorted; empty where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Removes what an interrupted run of this sink left half-written. */
  removeLeftovers(): Promise<void>;
  /** Bytes that can still be written, where the system tells. */
  room(): Promise<number | null>;
}
