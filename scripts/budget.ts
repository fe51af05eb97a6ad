/**
 * `npm run budget [-- PATH…]`: what each file costs the reading floor. Without a path: the files that must be refused
 * (those built in code, and dicom/invalid of ../shared when it is there). Each goes alone through the whole import in a
 * worker. The peak of the process's memory (the kernel's own, reset before each file; Linux only) counts above what the
 * process held just before, with the worker warm, less the file's own size. Exit code 1 when a file takes more than 2 s
 * of processor time or 256 MiB, or ends in an error without a name.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createNodeDecoder } from '../src/pipeline/decode/decoder.node.ts';
import type { Decoder } from '../src/pipeline/decode/protocol';
import { SliceStore } from '../src/pipeline/import/sliceStore';
import { importFiles } from '../src/pipeline/importFiles';
import { seriesFiles } from '../test/fixtures/dicom';
import { HOSTILE } from '../test/fixtures/hostile';
import { ARCHIVES } from '../test/fixtures/hostileArchives';

const LIMIT_MS = 2000;
const LIMIT_MIB = 256;
const BAD = new Set(['internal', 'worker/crashed', 'dicom/decode-timeout', 'worker/timeout']);

interface Case {
  readonly name: string;
  make(): Uint8Array | Promise<Uint8Array>;
}

function below(path: string): Case[] {
  if (statSync(path).isDirectory()) return readdirSync(path).sort().flatMap((n) => below(join(path, n)));
  return path.endsWith('manifest.json') ? [] : [{ name: basename(path), make: () => new Uint8Array(readFileSync(path)) }];
}

const given = process.argv.slice(2);
const corpus = resolve(process.env.VERISIM_SHARED ?? join(import.meta.dirname, '../../shared'), 'data/dicom/invalid');
const cases = given.length > 0 ? given.flatMap(below) : [...HOSTILE, ...ARCHIVES, ...(existsSync(corpus) ? below(corpus) : [])];

const peakKnown = existsSync('/proc/self/clear_refs');
const status = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
const startPeak = (): void => {
  if (peakKnown) writeFileSync('/proc/self/clear_refs', '5');
};
const peakMiB = (): number => (peakKnown ? status('VmHWM') : process.memoryUsage().rss / 1048576);

const store = new SliceStore(16 * 1024 * 1024);

/** All that a person's drop sets off: import, and the first slice of whatever is shown. */
async function read(name: string, bytes: Blob, decoder: Decoder): Promise<string[]> {
  const { outcomes, series } = await importFiles([{ path: name, blob: bytes }], { decoder, store, stats: true });
  const found: string[] = outcomes.map((o) => o.code ?? o.status);
  for (const s of series) {
    await s.loadSlice(0).catch((e: { code?: string }) => found.push(e.code ?? 'internal'));
    s.dispose();
  }
  return found;
}

async function warmWorker(): Promise<Decoder> {
  const made = createNodeDecoder(1, 30_000);
  for (const f of seriesFiles(2)) await read('warm', f.blob, made);
  return made;
}

let decoder: Decoder | null = null;
const failures: string[] = [];
let worst = { name: '', mib: 0 };
let slowest = { name: '', ms: 0 };
for (const { name, make } of cases) {
  const blob = new Blob([(await make()) as Uint8Array<ArrayBuffer>]);
  decoder ??= await warmWorker();
  globalThis.gc?.();
  startPeak();
  const held = process.memoryUsage().rss / 1048576;
  const began = process.cpuUsage();
  const found = await read(name, blob, decoder);
  const { user, system } = process.cpuUsage(began);
  const ms = (user + system) / 1000;
  const mib = Math.max(0, peakMiB() - held - blob.size / 1048576);
  // What a costly file left behind must not count for, nor hide, the next one.
  if (mib > 8 || ms > 200) {
    decoder.dispose();
    decoder = null;
  }
  const codes = [...new Set(found)];
  const faults = [...(ms > LIMIT_MS ? [`${Math.round(ms)} ms`] : []), ...(mib > LIMIT_MIB ? [`${Math.round(mib)} MiB`] : []), ...codes.filter((c) => BAD.has(c))];
  if (faults.length > 0) failures.push(`${name}: ${faults.join(', ')}`);
  if (mib > worst.mib) worst = { name, mib };
  if (ms > slowest.ms) slowest = { name, ms };
  console.log(`${name.slice(0, 58).padEnd(60)}${`${Math.round(ms)} ms`.padStart(9)}${`${Math.round(mib)} MiB`.padStart(10)}  ${codes.slice(0, 4).join(' ')}`);
}
console.log(`${cases.length} files: slowest ${Math.round(slowest.ms)} ms (${slowest.name}), most memory over its size ${Math.round(worst.mib)} MiB (${worst.name})`);
for (const f of failures) console.error(f);
process.exit(failures.length === 0 ? 0 : 1);
