import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { createHistogram } from '../core/histogram';
import { maskWhere } from '../core/mask';
import { makeRaster } from '../core/raster';
import type { Random } from '../core/random';
import type { Slice } from '../core/slice';
import { readPng } from '../formats/picture';
import type { ModelEntry } from '../models';
import type { ValueRange } from '../pipeline/enhance';

/** A slice that a model did not see in training. `lesion`: the manual outline, 0/1, or null. */
export interface ScoredSlice {
  readonly slice: Slice;
  readonly range: ValueRange;
  readonly lesion: Uint8Array | null;
}
/** One person; `draw` picks one of their slices. */
export interface Person {
  readonly name: string;
  draw(random: Random): Promise<ScoredSlice>;
}

/** The laboratory's rules (training/verisim_lab/sr_data.py, lesion_split.py): persons held out, never slices. */
const MR_HELD = ['ms_long_p03', 'ms_long_p12'];
const CT_HELD: Readonly<Record<string, string>> = { chest_lidc: 'LIDC-IDRI-0002', head_qact: 'qact-philips-S21610' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const heldForSr = (group: string, patient: string): boolean => (CT_HELD[group] ? CT_HELD[group] === patient : BigInt(`0x${sha256(patient)}`) % 5n === 0n);
const heldForLesions = (kind: 'nodule' | 'glioma', patient: string): boolean => Number(BigInt(`0x${sha256(`verisim-lesion-2026|${kind}|${patient}`).slice(0, 16)}`)) / 2 ** 64 < (kind === 'nodule' ? 0.21 : 0.25);

/**
 * Persons that no training of `model` sees, where `data` is the folder that the laboratory trains on; else null.
 * Super-resolution: `mr/brain_sr/ms_long`, `ct`; glioma models: `mr/tumour/lgg`; nodule models: `ct/lung_nodules_lidc.npz`.
 */
export function heldOutPersons(data: string, model: ModelEntry): Person[] | null {
  const sr = model.task === 'super-resolution', ct = model.modality.includes('CT');
  const file = (path: string): string | null => (existsSync(join(data, path)) ? join(data, path) : null);
  const mr = file('mr/brain_sr/ms_long/index.csv'), hu = file('ct/hu_manifest.json'), lgg = file('mr/tumour/lgg/index.csv'), lidc = file('ct/lung_nodules_lidc.npz');
  const persons = sr ? (ct ? hu && srCt(data, model) : mr && strips(data, 'mr/brain_sr/ms_long', (row) => MR_HELD.includes(row.patient!), model, sliceStrip)) : ct ? lidc && nodules(lidc, model) : lgg && strips(data, 'mr/tumour/lgg', (row) => heldForLesions('glioma', row.patient!), model, gliomaStrip);
  return persons && persons.length ? persons : null;
}

const sliceOf = (id: string, data: Float32Array, width: number, height: number, model: ModelEntry): Slice => ({
  id, raster: makeRaster(data, width, height, model.modality.includes('CT') ? 'HU' : 'modality'), stored: null, pixelSpacingMm: null, modality: model.modality[0]!,
  window: { center: 0, width: 1, function: 'LINEAR' }, geometry: null, source: { kind: 'image', name: id, bits: 8 },
});
const windowOf = ({ normalisation }: ModelEntry): ValueRange => {
  const { low, high } = normalisation as { low: number; high: number };
  return { low, high, source: 'window' };
};

type Row = Readonly<Record<string, string>>;
interface Strip {
  readonly grey: ArrayLike<number>;
  readonly mask: ArrayLike<number> | null;
  readonly width: number;
  readonly height: number;
}

const sliceStrip = (folder: string, row: Row): Strip => ({ grey: readPng(new Uint8Array(readFileSync(join(folder, row.image!)))).grey!, mask: null, width: Number(row.width), height: Number(row.height) });
const gliomaStrip = (folder: string, row: Row): Strip => {
  const read = (what: string): ArrayLike<number> => readPng(new Uint8Array(readFileSync(join(folder, `${row.study}_${what}.png`)))).grey!;
  return { grey: read('flair'), mask: read('mask'), width: 256, height: 256 };
};

/** Volumes as 8-bit PNG strips, slices one below the other; percentiles over the strip, as the models want it. */
function strips(data: string, folder: string, held: (row: Row) => boolean, model: ModelEntry, read: (folder: string, row: Row) => Strip): Person[] {
  const [head, ...lines] = readFileSync(join(data, folder, 'index.csv'), 'utf8').trim().split(/\r?\n/).map((l) => l.split(','));
  const rows: Row[] = lines.map((line) => Object.fromEntries(head!.map((name, i) => [name, line[i]!])));
  const persons = new Map<string, Row[]>();
  for (const row of rows) if (held(row)) persons.set(row.patient!, [...(persons.get(row.patient!) ?? []), row]);
  return [...persons].map(([name, volumes]) => ({
    name,
    async draw(random) {
      const row = random.pick(volumes);
      const { grey, mask, width, height } = read(join(data, folder), row);
      const size = width * height, count = grey.length / size;
      const histogram = createHistogram();
      histogram.add(Float32Array.from(grey));
      const { low, high } = model.normalisation as { low: number; high: number };
      const range: ValueRange = { low: histogram.percentile(low), high: histogram.percentile(high), source: 'percentile' };
      const pixels = (k: number): number => {
        let n = 0;
        for (let i = k * size; mask && i < (k + 1) * size; i++) if (mask[i]!) n++;
        return n;
      };
      // With outlines: a slice that has a lesion of some size, where there is one. Without: the middle half of the volume.
      const all = Array.from({ length: count }, (_, k) => k);
      const chosen = mask ? all.filter((k) => pixels(k) >= 40) : all.filter((k) => k >= count / 4 && k < (3 * count) / 4);
      const k = random.pick(chosen.length ? chosen : all);
      const part = (from: ArrayLike<number>): Float32Array => Float32Array.from({ length: size }, (_, i) => from[k * size + i]!);
      const outline = mask && maskWhere(size, (i) => mask[k * size + i]! > 0);
      return { slice: sliceOf(`${name}#${k}`, part(grey), width, height, model), range, lesion: outline?.includes(1) ? outline : null };
    },
  }));
}

function srCt(data: string, model: ModelEntry): Person[] {
  const { slices } = JSON.parse(readFileSync(join(data, 'ct/hu_manifest.json'), 'utf8')) as { slices: { file: string; group: string; patient: string }[] };
  const persons = new Map<string, string[]>();
  for (const { file, group, patient } of slices) if (heldForSr(group, patient)) persons.set(patient, [...(persons.get(patient) ?? []), file]);
  return [...persons].map(([name, files]) => ({
    name,
    draw(random) {
      const file = random.pick(files);
      const { grey, width, height } = readPng(new Uint8Array(readFileSync(join(data, 'ct', file))));
      return Promise.resolve({ slice: sliceOf(file, Float32Array.from(grey!, (v) => v - 1024), width, height, model), range: windowOf(model), lesion: null });
    },
  }));
}

/** LIDC patches of 96 × 96 with the outline of two readers or more, in HU by the estimated line; outliers left out as in training. */
function nodules(path: string, model: ModelEntry): Person[] {
  const names = ['image', 'readers', 'patient', 'hu_gain', 'hu_offset', 'hu_quality'];
  const files = unzipSync(new Uint8Array(readFileSync(path)), { filter: ({ name }) => names.includes(name.replace('.npy', '')) });
  const bodyOf = (name: string): Uint8Array => {
    const bytes = files[`${name}.npy`]!;
    return bytes.slice(10 + bytes[8]! + 256 * bytes[9]!); // NPY 1.0
  };
  const floats = (name: string): Float32Array => new Float32Array(bodyOf(name).buffer);
  const image = bodyOf('image'), readers = bodyOf('readers'), gain = floats('hu_gain'), offset = floats('hu_offset'), quality = floats('hu_quality');
  const letters = new Uint32Array(bodyOf('patient').buffer), length = letters.length / gain.length;
  const persons = new Map<string, number[]>();
  for (let i = 0; i < gain.length; i++) {
    const name = String.fromCodePoint(...letters.subarray(i * length, (i + 1) * length)).replaceAll('\0', '');
    if (quality[i]! >= -5.3 && heldForLesions('nodule', name)) persons.set(name, [...(persons.get(name) ?? []), i]);
  }
  const size = 96 * 96;
  return [...persons].map(([name, patches]) => ({
    name,
    draw(random) {
      const i = random.pick(patches);
      const hu = Float32Array.from({ length: size }, (_, k) => Math.max(-1024, image[i * size + k]! * gain[i]! + offset[i]!));
      const lesion = maskWhere(size, (k) => readers[i * size + k]! >= 2);
      return Promise.resolve({ slice: sliceOf(`${name}#${i}`, hu, 96, 96, model), range: windowOf(model), lesion: lesion.includes(1) ? lesion : null });
    },
  }));
}
