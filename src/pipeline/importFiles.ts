/**
 * Opens whatever was dropped: any mix of files, folders and archives. Each file ends in exactly one outcome.
 *
 *     const decoder = createBrowserDecoder();            // src/pipeline/decode/decoder.browser.ts
 *     // in Node: createNodeDecoder() and readInputs(paths) of src/pipeline/import/readInputs.node.ts
 *     const { outcomes, series, others } = await importFiles(inputs, { decoder, signal, onProgress, onFirstSlice });
 *     const slice = await series[0].loadSlice(12);       // decoded in a worker, kept in a bounded store
 *
 * - `inputs`: `{ path, blob }`; paths keep their folders ('study/series/1.dcm'); bytes stay in the Blobs.
 * - `series`: one SeriesSource for each volume (series × orientation × echo/time/…), DICOM, NIfTI, NPZ, PNG or JPEG.
 * - `others`: labels (DICOM SEG and RTSTRUCT, NIfTI, NPZ, COCO, YOLO, masks) and `dataset.json` lists, with what reads them.
 * - `outcomes`: in the order of the inputs; entries of an archive stand under 'archive.zip/path'.
 * One broken file never ends the batch. Rejects only with AbortError.
 */
import { isAbort, StudioError, throwIfAborted, toStudioError } from '../core/errors';
import { describeError } from '../core/errorText';
import type { Slice } from '../core/slice';
import { niftiValues, type NiftiHeader, type NiftiValues } from '../formats/niftiReader';
import { readZip, UnpackAllowance, ZIP_LIMITS } from '../formats/zipReader';
import { abortError } from './decode/pool';
import type { Decoder, Probe } from './decode/protocol';
import { dicomSeries, dropDuplicates, type DicomFound } from './import/dicomSeries';
import { checkEntry, entryLimit, FileRef, type InputFile } from './import/fileRef';
import { isNpz, readNpzFile } from './import/npzFile';
import type { OtherFile } from './import/otherFile';
import { factsOfPictures, pictureMasks } from './import/pictureMasks';
import { looksLikeLabel, niftiSeries, pictureSeries, type Found } from './import/plainSeries';
import { readJsonFile, readTextFile, type Words } from './import/wordFile';
import { refusal, type FileInfo, type FileOutcome } from './import/outcome';
import { commonStore, type SliceStore } from './import/sliceStore';
import type { SeriesSource } from './seriesSource';

export type { InputFile } from './import/fileRef';
export type { OtherFile } from './import/otherFile';
export type { FileInfo, FileOutcome } from './import/outcome';
export { summarise } from './import/outcome';

export interface ImportOptions {
  readonly decoder: Decoder;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, known: number) => void;
  /** The first image that can be shown, decoded before the rest has been looked at. */
  readonly onFirstSlice?: (slice: Slice, path: string) => void;
  /** Decoded slices of all series share this store; default: one for the whole session. */
  readonly store?: SliceStore;
  /** Also decode frame 0 of every file and measure it (`verisim inspect`). */
  readonly stats?: boolean;
  /** Finds a file that a DICOMDIR names and that was not given, by its path. */
  readonly resolve?: (path: string) => Promise<InputFile | null>;
}

export interface ImportResult {
  readonly outcomes: readonly FileOutcome[];
  readonly series: readonly SeriesSource[];
  readonly others: readonly OtherFile[];
  /** Series id → number of volumes at its positions. */
  readonly volumes: ReadonlyMap<string, number>;
}

interface Entry {
  readonly ref: FileRef;
  readonly depth: number;
  /** What an archive states of it. */
  readonly stated?: { readonly size: number; readonly crc: number | null };
  /** What may still come out of the archive it lies in. */
  readonly allowance?: UnpackAllowance;
}

export async function importFiles(inputs: Iterable<InputFile> | AsyncIterable<InputFile>, options: ImportOptions): Promise<ImportResult> {
  return new Import(options).run(inputs);
}

class Import {
  private readonly outcomes = new Map<FileRef, FileOutcome>();
  private readonly order: FileRef[] = [];
  private readonly dicom: DicomFound[] = [];
  private readonly plain: Found[] = [];
  private readonly others: OtherFile[] = [];
  private readonly directories: { ref: FileRef; references: readonly string[] }[] = [];
  private readonly queue: Entry[] = [];
  private readonly store: SliceStore;
  private done = 0;
  private first = false;

  constructor(private readonly options: ImportOptions) {
    this.store = options.store ?? commonStore;
  }

  async run(inputs: Iterable<InputFile> | AsyncIterable<InputFile>): Promise<ImportResult> {
    const more = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    await this.drain(more);
    await this.followDirectories();
    return this.finish();
  }

  /** Probes files, a few at a time: what is dropped is never in memory as a whole. */
  private async drain(more: Iterator<InputFile> | AsyncIterator<InputFile>): Promise<void> {
    let ended = false;
    const take = async (): Promise<Entry | null> => {
      const queued = this.queue.pop();
      if (queued) return queued;
      if (ended) return null;
      const next = await more.next();
      if (next.done) {
        ended = true;
        return null;
      }
      return this.accept(new FileRef(next.value.path, next.value.blob), 0);
    };
    let running = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        throwIfAborted(this.options.signal);
        const entry = await take();
        if (!entry) {
          if (running === 0) return;
          // Another lane may still open an archive.
          await new Promise((r) => setTimeout(r, 2));
          continue;
        }
        running++;
        try {
          await this.look(entry);
        } finally {
          running--;
          this.done++;
          this.options.onProgress?.(this.done, Math.max(this.order.length, this.done));
        }
      }
    };
    await Promise.all(Array.from({ length: this.options.decoder.width * 2 }, lane));
    if (this.options.signal?.aborted) throw abortError();
  }

  private accept(ref: FileRef, depth: number, stated?: Entry['stated'], allowance?: UnpackAllowance): Entry {
    this.order.push(ref);
    return { ref, depth, stated, allowance };
  }

  private async look(entry: Entry): Promise<void> {
    const { ref } = entry;
    try {
      this.place(entry, await this.probe(entry), ref);
    } catch (error) {
      if (isAbort(error)) throw error;
      this.outcomes.set(ref, refusal(ref.path, toStudioError(error)));
    }
    if (this.openArchive) {
      const open = this.openArchive;
      this.openArchive = null;
      await open();
    }
  }

  private openArchive: (() => Promise<void>) | null = null;

  private async probe({ ref, stated }: Entry): Promise<Probe> {
    const { decoder, signal, stats = false } = this.options;
    if (ref.packedSize === 0) throw new StudioError('input/empty', '');
    if (ref.packed === 'gzip') {
      // A packed volume is not unpacked to look at its header and its first slice; what is no image is not unpacked at all.
      const probe = await decoder.run('probe', { file: await ref.head(PROBE_BYTES), stats: false, partial: true }, { signal });
      if (probe.what === 'nifti') {
        const { header } = probe;
        ref.expect(header.totalBytes);
        // One that does not end as it should is unpacked whole, to find out.
        if (!(await ref.endsAfter(header.totalBytes))) return decoder.run('probe', { file: await ref.open(), stats }, { signal });
        if (!stats) return probe;
        const needed = header.dataOffset + header.dims[0] * header.dims[1] * header.bytesPerVoxel;
        return decoder.run('probe', { file: await ref.head(needed), stats: true, partial: true }, { signal });
      }
    }
    // A large entry that is no image is not unpacked to find that out.
    if (ref.packed === 'deflate-raw' && stated && stated.size > LOOK_FIRST_BYTES) await decoder.run('probe', { file: await ref.head(PROBE_BYTES), stats: false, partial: true }, { signal });
    const file = await ref.open();
    if (stated) await checkEntry(file.blob!.slice(file.from, file.to), stated);
    return decoder.run('probe', { file, stats }, { signal });
  }

  private place(entry: Entry, probe: Probe, ref: FileRef): void {
    switch (probe.what) {
      case 'zip':
        return this.unzip(entry);
      case 'gzip':
        if (ref.packed === 'gzip') throw new StudioError('gzip/bomb', 'gzip inside gzip');
        return this.gunzip(entry);
      case 'promising':
        throw new StudioError('internal', 'a partial look decided nothing');
      case 'dicom': {
        const h = probe.header;
        const info: FileInfo = { transferSyntax: h.transferSyntax, sopClass: h.sopClass, modality: h.modality, frames: h.numberOfFrames, rows: h.rows, columns: h.columns, dtype: h.dtype, stats: probe.stats };
        if (probe.failed) return void this.outcomes.set(ref, refusal(ref.path, new StudioError(probe.failed.code, probe.failed.detail), info));
        this.dicom.push({ ref, header: h });
        this.shown(ref, 'image', info, h.repairs, h.notes.find((n) => n.code === 'missing-frames')?.detail);
        return this.showFirst(ref, h);
      }
      case 'seg': {
        const { header } = probe;
        this.others.push({ kind: 'seg', path: ref.path, blob: () => ref.toBlob(), load: async () => this.options.decoder.run('segmentation', { file: await ref.open() }) });
        return this.shown(ref, 'label', { transferSyntax: header.transferSyntax, sopClass: header.sopClass, modality: header.modality || 'SEG', frames: probe.frames, rows: probe.rows, columns: probe.columns, dtype: 'uint8', stats: probe.stats });
      }
      case 'rtstruct':
        this.others.push({ kind: 'rtstruct', path: ref.path, blob: () => ref.toBlob(), load: async () => this.options.decoder.run('attributes', { file: await ref.open() }) });
        return this.shown(ref, 'label', { transferSyntax: probe.header.transferSyntax, sopClass: probe.header.sopClass, modality: 'RTSTRUCT' });
      case 'directory':
        this.directories.push({ ref, references: probe.references });
        return void this.outcomes.set(ref, { path: ref.path, status: 'skipped', kind: 'directory', code: 'dicom/no-pixel-data', message: `A DICOM directory file: it names ${probe.references.length} files and holds no image itself.` });
      case 'nifti':
        return this.placeNifti({ ref, probe });
      case 'png':
      case 'jpeg':
        this.plain.push({ ref, probe });
        return this.shown(ref, 'image', { frames: 1, rows: probe.height, columns: probe.width, dtype: probe.bits === 16 ? 'uint16' : 'uint8', stats: probe.stats });
      case 'json':
        return this.placeWords(ref, readJsonFile(ref.path, probe.text));
      case 'text':
        return this.placeWords(ref, readTextFile(ref.path, probe.text));
    }
  }

  private placeNifti(found: { ref: FileRef; probe: Extract<Probe, { what: 'nifti' }> }): void {
    const { ref, probe } = found;
    const { header } = probe;
    const label = looksLikeLabel(ref.path, probe);
    if (label) this.others.push({ kind: 'nifti', path: ref.path, blob: () => ref.toBlob(), header, load: () => volumeValues(ref, header) });
    else this.plain.push(found);
    this.shown(ref, label ? 'label' : 'image', { frames: header.dims[2] * header.dims[3], rows: header.dims[1], columns: header.dims[0], dtype: header.type, stats: probe.stats });
  }

  /** An archive of NumPy arrays is an image, with its mask where it has one. */
  private async placeNpz(archive: FileRef, whole: FileRef, entries: Awaited<ReturnType<typeof readZip>>): Promise<void> {
    const { image, label, classNames } = await readNpzFile(whole, entries);
    const found: Found = { ref: archive, probe: { what: 'nifti', header: image.header, holes: image.holes }, npz: image.ref };
    this.plain.push(found);
    if (label) this.others.push({ kind: 'nifti', path: archive.path, blob: () => archive.toBlob(), header: label.header, load: () => volumeValues(label.ref, label.header), of: `npz:${archive.path}`, ...(classNames ? { classNames } : {}) });
    const { dims, type } = image.header;
    this.shown(archive, 'image', { frames: dims[2], rows: dims[1], columns: dims[0], dtype: type });
  }

  private placeWords(ref: FileRef, { other, outcome }: Words): void {
    if (other) this.others.push(other);
    this.outcomes.set(ref, outcome);
  }

  /** `repairs`: what was guessed; `missing`: frames that are not there. The image is shown, and the outcome warns. */
  private shown(ref: FileRef, kind: FileOutcome['kind'], info: FileInfo, repairs: readonly string[] = [], missing?: string): void {
    const measured = info.stats ? { ...info, dtype: info.stats.dtype } : info;
    const what = kind === 'label' ? 'A label.' : 'An image.';
    const contradiction = repairs.length > 0 ? ` Its header contradicts itself: ${repairs.join('; ')}.` : '';
    const gap = missing ? ` Frames are missing: ${missing}.` : '';
    const code = missing ? { code: 'dicom/truncated' as const } : contradiction ? { code: 'dicom/corrupt' as const } : {};
    const warned = { ...code, message: `${what}${gap}${contradiction}` };
    this.outcomes.set(ref, { path: ref.path, status: 'shown', kind, ...warned, info: measured });
  }

  private showFirst(ref: FileRef, header: DicomFound['header']): void {
    const { onFirstSlice, decoder, signal } = this.options;
    if (this.first || !onFirstSlice || header.imageType.includes('LOCALIZER')) return;
    this.first = true;
    const frame = header.frames[Math.floor(header.frames.length / 2)]!;
    void ref.open()
      .then((file) => decoder.run('dicomSlice', { file, slice: { id: header.sopInstanceUid || ref.key, frame: frame.frame, tile: frame.tile } }, { signal, priority: 0 }))
      .then((slice) => onFirstSlice(slice, ref.path), () => {
        // It will be told when its series is shown; another file may be the first.
        this.first = false;
      });
  }

  private unzip(entry: Entry): void {
    const { ref, depth } = entry;
    if (depth >= ZIP_LIMITS.depth) throw new StudioError('zip/bomb', `archives nested deeper than ${ZIP_LIMITS.depth}`);
    this.openArchive = async () => {
      try {
        // A packed archive inside an archive is unpacked whole, since its directory stands at its end.
        const whole = ref.packed === 'none' ? ref : new FileRef(ref.path, await ref.toBlob());
        const blob = await whole.toBlob();
        const entries = await readZip(blob);
        const allowance = entry.allowance ?? new UnpackAllowance(blob.size);
        allowance.take(entries);
        if (isNpz(entries)) return await this.placeNpz(ref, whole, entries);
        if (entries.length === 0) throw new StudioError('input/empty', 'an archive of no files');
        const made = entries.map((e) => this.accept(whole.part(`${ref.path}/${e.name}`, e.from, e.to, e.packed ? 'deflate-raw' : 'none', entryLimit(e.size)), depth + 1, e, allowance));
        for (const entry of made.reverse()) this.queue.push(entry);
        this.outcomes.set(ref, { path: ref.path, status: 'shown', kind: 'archive', message: `An archive of ${entries.length} files.` });
      } catch (error) {
        if (isAbort(error)) throw error;
        this.outcomes.set(ref, refusal(ref.path, toStudioError(error, 'zip/corrupt')));
      }
    };
  }

  private gunzip(entry: Entry): void {
    const { ref } = entry;
    const inner = ref.packed === 'none' ? ref.asGzip() : null;
    if (!inner) {
      this.openArchive = async () => {
        const unpacked = new FileRef(ref.path, await ref.toBlob()).asGzip();
        await this.lookInside(ref, { ...entry, ref: unpacked, stated: undefined });
      };
      return;
    }
    this.openArchive = () => this.lookInside(ref, { ...entry, ref: inner, stated: undefined });
  }

  /** The inside of a gzip file stands in the outcomes in place of the file itself. */
  private async lookInside(outer: FileRef, entry: Entry): Promise<void> {
    this.order[this.order.indexOf(outer)] = entry.ref;
    await this.look(entry);
  }

  /** Files that a DICOMDIR names and that were not given are looked for beside it. */
  private async followDirectories(): Promise<void> {
    const known = new Set(this.order.map((r) => r.path.toLowerCase())); // A copied disc may have small letters.
    for (const { ref, references } of this.directories) {
      const folder = ref.path.slice(0, ref.path.lastIndexOf('/') + 1);
      const missing: InputFile[] = [];
      let absent = 0;
      for (const name of new Set(references)) {
        const path = folder + name;
        if (known.has(path.toLowerCase())) continue;
        const input = safeReference(name) ? ((await this.options.resolve?.(path)) ?? null) : null;
        if (input) missing.push(input);
        else absent++;
      }
      if (missing.length > 0) await this.drain(missing[Symbol.iterator]());
      const told = this.outcomes.get(ref)!;
      this.outcomes.set(ref, { ...told, message: `${told.message}${absent > 0 ? ` Not there: ${absent}.` : ''}` });
    }
  }

  private finish(): ImportResult {
    const { decoder } = this.options;
    const rank = new Map(this.order.map((r, i) => [r, i]));
    this.dicom.sort((a, b) => rank.get(a.ref)! - rank.get(b.ref)!);
    const { unique, duplicates } = dropDuplicates(this.dicom);
    const doubled = new Map<string, number>();
    for (const { file, of } of duplicates) {
      doubled.set(file.header.seriesUid, (doubled.get(file.header.seriesUid) ?? 0) + 1);
      const told = this.outcomes.get(file.ref)!;
      this.outcomes.set(file.ref, { ...told, message: `The same image as ${of}; one of the two is used.` });
    }
    const grouped = dicomSeries(unique, decoder, this.store, doubled);
    const { images, masks } = pictureMasks(this.plain, decoder);
    for (const { file, mask } of masks) {
      this.others.push(mask);
      this.outcomes.set(file.ref, { ...this.outcomes.get(file.ref)!, kind: 'label', message: 'A label.' });
    }
    const facts = factsOfPictures(images, this.others);
    const plain = images.sort((a, b) => rank.get(a.ref)! - rank.get(b.ref)!).flatMap((f) => {
      const sources = f.probe.what === 'nifti' ? niftiSeries(f, decoder, this.store) : [pictureSeries(f, decoder, this.store, facts.get(f.ref.path))];
      return sources.map((source) => ({ source, files: [f.ref], siblings: sources.length }));
    });
    const all = [...grouped, ...plain];
    const ids = new Map<FileRef, string[]>();
    for (const g of all) for (const f of g.files) ids.set(f, [...(ids.get(f) ?? []), g.source.series.id]);
    for (const [ref, seriesIds] of ids) this.outcomes.set(ref, { ...this.outcomes.get(ref)!, seriesIds });
    return {
      outcomes: this.order.map((r) => this.outcomes.get(r) ?? { path: r.path, status: 'error', kind: 'other', code: 'internal', message: describeError('internal') }),
      series: all.map((g) => g.source),
      others: this.others,
      volumes: new Map(all.map((g) => [g.source.series.id, g.siblings])),
    };
  }
}

/** A name from a DICOMDIR stays below its folder. */
const safeReference = (name: string): boolean => !name.startsWith('/') && !name.split('/').includes('..') && !name.includes('\\');

async function volumeValues(ref: FileRef, h: NiftiHeader): Promise<NiftiValues> {
  const count = h.dims[0] * h.dims[1] * h.dims[2];
  const blob = await ref.toBlob();
  return niftiValues(h, new Uint8Array(await blob.slice(h.dataOffset, h.dataOffset + count * h.bytesPerVoxel).arrayBuffer()), count);
}

const PROBE_BYTES = 64 * 1024;
const LOOK_FIRST_BYTES = 16 * 1024 * 1024;
