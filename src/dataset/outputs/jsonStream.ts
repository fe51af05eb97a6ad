import type { Entries, JournalEntry } from './types';

/** An array of a JSON object: its name, what it is made from, and the value of each entry (null: left out). */
export type StreamedArray = readonly [name: string, entries: Entries, value: (entry: JournalEntry) => unknown | readonly unknown[] | null];

/** An object whose last fields are long arrays, one element a line, never in memory as a whole. An array value gives several elements. */
export async function* jsonArray(head: object, arrays: readonly StreamedArray[], tail: object = {}): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  const fields = Object.entries(head).map(([k, v]) => ` ${JSON.stringify(k)}: ${JSON.stringify(v)}`);
  yield encoder.encode(`{\n${fields.join(',\n')}`);
  let separator = fields.length ? ',\n' : '';
  for (const [name, entries, value] of arrays) {
    yield encoder.encode(`${separator} ${JSON.stringify(name)}: [`);
    separator = ',\n';
    let first = true;
    for await (const entry of entries()) {
      const made = value(entry);
      if (made === null) continue;
      for (const element of Array.isArray(made) ? (made as unknown[]) : [made]) {
        yield encoder.encode(`${first ? '\n  ' : ',\n  '}${JSON.stringify(element)}`);
        first = false;
      }
    }
    yield encoder.encode(first ? ']' : '\n ]');
  }
  for (const [k, v] of Object.entries(tail)) yield encoder.encode(`${separator} ${JSON.stringify(k)}: ${JSON.stringify(v)}`);
  yield encoder.encode('\n}\n');
}
