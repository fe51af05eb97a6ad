/**
 * `npm run fuzz -- --count N --seed S [--corpus DIR] [--keep DIR]`: N damaged files through the reading floor, in workers
 * that are ended after 2 seconds (a file that passes them is tried again by itself, and 2 s of processor time count). Bases are built in code; with a corpus (default ../shared when it is there) its files
 * too. Prints outcomes by code, the slowest file and the peak memory. Exit code 1 when one hung, crashed a worker or
 * ended in an error without a name; with --keep those files are written out.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createNodeDecoder } from '../src/pipeline/decode/decoder.node.ts';
import type { Decoder } from '../src/pipeline/decode/protocol';
import { SliceStore } from '../src/pipeline/import/sliceStore';
import { importFiles } from '../src/pipeline/importFiles';
import { fuzzBases } from '../test/fixtures/fuzzBases';
import { mutate } from '../test/fixtures/mutate';

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, corpus: { type: 'string' }, keep: { type: 'string' } } });
const count = Number(values.count);
const LIMIT_MS = 2000;
const BAD = new Set(['internal', 'worker/crashed', 'dicom/decode-timeout', 'worker/timeout']);

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((n) => {
    const path = join(dir, n);
    return statSync(path).isDirectory() ? filesBelow(path) : statSync(path).size <= 400_000 ? [path] : [];
  });
}

const corpus = values.corpus ?? resolve(import.meta.dirname, '../../shared/data/dicom/valid/files');
const bases = [...fuzzBases(), ...(existsSync(corpus) ? filesBelow(corpus).map((f) => new Uint8Array(readFileSync(f))) : [])];
const decoder = createNodeDecoder(undefined, LIMIT_MS);
const store = new SliceStore(16 * 1024 * 1024);
const codes = new Map<string, number>();
const failures: string[] = [];
let slowest = { ms: 0, index: -1 };
let peak = 0;
process.on('unhandledRejection', (error) => failures.push(`unhandled rejection: ${String(error)}`));

/** Files that took too long by the clock. On a busy machine that proves nothing: they are tried again by themselves. */
const late: number[] = [];

async function one(index: number, by: Decoder): Promise<void> {
  const bytes = mutate(bases, values.seed, index);
  const began = performance.now();
  const again = by !== decoder;
  const { outcomes, series } = await importFiles([{ path: `fuzz-${index}`, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) }], { decoder: by, stats: true, store });
  const found: string[] = outcomes.map((o) => o.code ?? o.status);
  for (const s of series) {
    const last = s.series.slices.length - 1;
    for (const i of last > 0 ? [0, last] : [0]) await s.loadSlice(i).catch((e: { code?: string }) => found.push(e.code ?? 'internal'));
    s.dispose();
  }
  const ms = performance.now() - began;
  if (!again && found.includes('dicom/decode-timeout')) return void late.push(index);
  if (!again && ms > slowest.ms) slowest = { ms, index };
  for (const code of found) codes.set(code, (codes.get(code) ?? 0) + 1);
  const bad = found.filter((c) => BAD.has(c));
  if (bad.length === 0) return;
  failures.push(`fuzz-${index}: ${bad.join(', ')} ${outcomes.map((o) => o.message).join(' ')}`);
  if (values.keep) {
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(join(values.keep, `fuzz-${values.seed}-${index}.dcm`), bytes);
  }
}

let next = 0;
await Promise.all(
  Array.from({ length: decoder.width }, async () => {
    while (next < count) {
      await one(next++, decoder);
      peak = Math.max(peak, process.memoryUsage().rss);
    }
  }),
);
decoder.dispose();
if (late.length > 0) {
  const patient = createNodeDecoder(1, 60_000);
  for (const index of late) {
    const began = process.cpuUsage();
    await one(index, patient);
    const { user, system } = process.cpuUsage(began);
    if ((user + system) / 1000 > LIMIT_MS) failures.push(`fuzz-${index}: ${Math.round((user + system) / 1000)} ms of processor time`);
  }
  patient.dispose();
  console.log(`${late.length} files passed ${LIMIT_MS} ms on the clock and were tried again by processor time`);
}
for (const [code, n] of [...codes].sort((a, b) => b[1] - a[1])) console.log(String(n).padStart(7), code);
console.log(`${count} files from ${bases.length} bases, seed ${values.seed}: slowest ${slowest.ms.toFixed(0)} ms (number ${slowest.index}), peak memory ${Math.round(peak / 1048576)} MiB`);
for (const f of failures) console.error(f);
console.log(failures.length === 0 ? 'no hang, no crash, no unnamed error' : `${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
