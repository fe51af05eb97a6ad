import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { ReadingItem } from '../pipeline/readerStudy';

/** An item as the page has it: grey values on the common grid; nothing else of it is known there. */
export interface PreparedItem extends ReadingItem {
  readonly grey: Uint8ClampedArray;
  readonly side: number;
}

/** A reading that has begun: what is shown, in its order. It never leaves this machine and goes when the reading ends. */
export interface KeptReading {
  readonly reader: string;
  readonly seed: number;
  readonly mode: 'single' | 'pairs';
  readonly limit: number;
  readonly steps: readonly (readonly PreparedItem[])[];
}

interface Schema extends DBSchema {
  readings: { key: 'last'; value: KeptReading };
}

let db: Promise<IDBPDatabase<Schema>> | null = null;
const open = () => (db ??= openDB<Schema>('verisim-reading', 1, { upgrade: (d) => void d.createObjectStore('readings') }));

export async function writeReading(reading: KeptReading): Promise<void> {
  await (await open()).put('readings', reading, 'last');
}

export async function readReading(): Promise<KeptReading | undefined> {
  return (await open()).get('readings', 'last');
}

export async function deleteReading(): Promise<void> {
  await (await open()).delete('readings', 'last');
}
