import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Augmentation } from '../../../src/core/slice';
import { writeNifti } from '../../../src/formats/niftiWriter';
import { createInlineDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import type { InputFile } from '../../../src/pipeline/importFiles';
import { enhanceStore, type ResultFigures } from '../../../src/state/enhance';
import { historyStore, undo } from '../../../src/state/history';
import { dropLabel, labelsStore } from '../../../src/state/labels';
import { layersStore } from '../../../src/state/layers';
import { lesionStore, type LesionFigures } from '../../../src/state/lesion';
import { addDerived, derivedOf, itemOf, libraryStore, putResult, restoreDerived } from '../../../src/state/library';
import { removeSeriesWithUndo } from '../../../src/state/libraryEdits';
import { measureStore, restoreMeasurements, type Measurement } from '../../../src/state/measure';
import { noticesStore } from '../../../src/state/notices';
import { openInputs } from '../../../src/state/open';
import { keptRecord, withinBytes, type OpenedRecord, type OpenRecord } from '../../../src/state/openRecord';
import { provideServices, type Services } from '../../../src/state/services';
import { openSessionFile, saveSession, startSession } from '../../../src/state/session';
import { unpackSession } from '../../../src/state/sessionPack';
import { openSeries, setDerived, stageStore } from '../../../src/state/stage';
import { setView, viewStore } from '../../../src/state/view';
import { makeSlice } from '../../fixtures/memorySeries';

const saved: Blob[] = [];
vi.mock('../../../src/state/download', () => ({ download: (blob: Blob) => void saved.push(blob) }));

const nifti = (path: string, value: number, count = 2): InputFile => {
  const data = path.includes('seg') ? Uint8Array.from({ length: 16 * count }, (_, i) => i % 2) : new Int16Array(16 * count).fill(value);
  return { path, blob: new Blob([writeNifti({ data, size: [4, 4, count], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] })]) };
};
const open = (inputs: InputFile[], name: string) => openInputs(inputs, { name, origin: 'file', show: 'first' });
interface Saved {
  readonly session: { readonly opens: OpenRecord[]; readonly measurements: Measurement[] };
}
async function save(): Promise<Blob> {
  saved.length = 0;
  saveSession();
  await vi.waitFor(() => expect(saved).toHaveLength(1), 20_000);
  return saved[0]!;
}
const opensOf = async (file: Blob): Promise<OpenRecord[]> => ((await unpackSession(file)) as Saved).session.opens;
/** As if the page were another one. */
function clear(): void {
  libraryStore.setState({ items: [], derived: [] });
  labelsStore.setState({ attached: [], waiting: [] });
  measureStore.setState({ measurements: [], draft: null });
  layersStore.setState({ layers: [] });
  enhanceStore.setState({ figures: new Map() });
  lesionStore.setState({ figures: new Map() });
  historyStore.setState({ past: [], future: [] });
  noticesStore.setState({ notices: [] });
}

beforeAll(async () => {
  provideServices({ decoder: () => Promise.resolve(createInlineDecoder()) } as unknown as Services);
  await startSession();
});
beforeEach(clear);

describe('what a session keeps of what was opened', () => {
  it('a series that was removed is neither saved nor named, until undo brings it back', async () => {
    await open([nifti('p/a.nii', 1), nifti('p/b.nii', 2), nifti('p/broken_of_b.nii', 3, 0)], 'p');
    removeSeriesWithUndo(itemOf('nifti:p/b.nii')!);
    const file = await save();
    const [record] = await opensOf(file);
    expect(record!.inputs!.map((i) => i.path)).toEqual(['p/a.nii']);
    expect(await file.text()).not.toContain('b.nii');
    undo();
    expect((await opensOf(await save()))[0]!.inputs!.map((i) => i.path)).toEqual(['p/a.nii', 'p/b.nii']);
  });

  it('a label that was opened by itself is kept while it is attached or waits', async () => {
    await open([nifti('c.nii', 1)], 'c.nii');
    await open([nifti('c_seg.nii', 1)], 'c_seg.nii');
    expect(labelsStore.getState().attached).toHaveLength(1);
    const file = await save();
    expect((await opensOf(file)).map((o) => o.inputs!.map((i) => i.path))).toEqual([['c.nii'], ['c_seg.nii']]);
    dropLabel(labelsStore.getState().attached[0]!);
    expect((await opensOf(await save())).map((o) => o.name)).toEqual(['c.nii']);
    clear();
    await openSessionFile(file);
    expect(labelsStore.getState().attached.map((set) => set.seriesId)).toEqual(['nifti:c.nii']);
  });

  it('volumes of a DICOM series go with the files of all, so that their numbers stay, and a removed one stays out', () => {
    const part = (...series: string[]) => ({ series: new Set(series), labels: new Set<string>(), list: false });
    const record: OpenedRecord = {
      id: 9, name: 'd', origin: 'file', seriesIds: ['dicom:1.2:1', 'dicom:1.2:2', 'dicom:1.3'], inputs: ['1', '2', '3', 'duplicate of 3'].map((path) => ({ path, blob: new Blob() })),
      parts: new Map([['1', part('dicom:1.2:1')], ['2', part('dicom:1.2:2')], ['3', part('dicom:1.3')]]),
    };
    expect(keptRecord(record, new Set(['dicom:1.2:2']), new Set())).toMatchObject({ seriesIds: ['dicom:1.2:2'], leftOut: ['dicom:1.2:1'], inputs: [{ path: '1' }, { path: '2' }] });
    expect(keptRecord(record, new Set(), new Set())).toBeNull();
  });

  it('files that do not fit are kept by name, and smaller ones after them whole', () => {
    const record = (name: string, bytes: number): OpenRecord => ({ name, origin: 'file', seriesIds: [], inputs: [{ path: name, blob: new Blob([new Uint8Array(bytes)]) }] });
    expect(withinBytes([record('a', 6), record('b', 5), record('c', 4), record('d', 1)], 10).map((r) => r.inputs?.length)).toEqual([1, undefined, 1, undefined]);
  });
});

describe('a session that is opened', () => {
  const result = (kind: string): Augmentation => {
    const slice = makeSlice(new Array(16).fill(7), 4, 4);
    return { id: kind, sourceId: 's', slice, info: { kind }, mask: { data: new Uint8Array(16).fill(1), width: 4, height: 4, classes: [], source: 'm' } } as unknown as Augmentation;
  };
  const figures = { check: null, areaMm2: 12, pixels: 16, count: 1 } as unknown as LesionFigures;
  const length = (id: number, seriesId: string, x: number): Measurement => ({ id, kind: 'length', seriesId, sliceIndex: 0, points: [{ x: 0, y: 0 }, { x, y: 1 }] });

  /** Two results of one volume, the second of which stands in the first cell. */
  async function made(): Promise<{ file: Blob; first: string; lesion: string }> {
    await open([nifti('scan.nii', 2)], 'scan.nii');
    const first = addDerived({ sourceId: 'nifti:scan.nii', kind: 'super-resolution', name: '×2', total: 1 }).id;
    const lesion = addDerived({ sourceId: 'nifti:scan.nii', kind: 'lesion-insert', name: 'Nodule', total: 1 }).id;
    putResult(first, 0, result('super-resolution'));
    putResult(lesion, 0, result('lesion-insert'));
    enhanceStore.setState({ figures: new Map([[`${first}/0`, { backend: 'wasm', before: {} } as ResultFigures]]) });
    lesionStore.setState({ figures: new Map([[`${lesion}/0`, figures]]) });
    measureStore.setState({ measurements: [length(1, 'nifti:scan.nii', 5)] });
    await openSeries('nifti:scan.nii', 0);
    setDerived(lesion);
    setView({ cells: [lesion, null] });
    const file = await save();
    clear();
    return { file, first, lesion };
  }

  it('over other work mixes nothing: files, results, figures, cells and measurements are told apart', async () => {
    const { file, first } = await made();
    await open([nifti('scan.nii', 1)], 'scan.nii'); // another patient's, of the same name
    restoreDerived({ id: first, sourceId: 'nifti:scan.nii', kind: 'super-resolution', name: 'mine', total: 1, results: new Map() });
    enhanceStore.setState({ figures: new Map([[`${first}/0`, { backend: 'webgpu', before: {} } as ResultFigures]]) });
    restoreMeasurements([length(1, 'nifti:scan.nii', 9)]);
    await openSessionFile(file);
    const theirs = 'nifti:scan.nii (2)';
    expect((await itemOf('nifti:scan.nii')!.source.loadSlice(0)).raster.data[0]).toBe(1);
    expect((await itemOf(theirs)!.source.loadSlice(0)).raster.data[0]).toBe(2);
    const { derived } = libraryStore.getState();
    expect(derived.map((d) => [d.name, d.sourceId])).toEqual([['mine', 'nifti:scan.nii'], ['×2', theirs], ['Nodule', theirs]]);
    expect(new Set(derived.map((d) => d.id)).size).toBe(3);
    expect(derived.slice(0, 2).map((d) => enhanceStore.getState().figures.get(`${d.id}/0`)?.backend)).toEqual(['webgpu', 'wasm']);
    expect(stageStore.getState()).toMatchObject({ seriesId: theirs, derivedId: derived[2]!.id });
    expect(viewStore.getState().cells).toEqual([derived[2]!.id, null]);
    const { measurements } = measureStore.getState();
    expect(measurements.map((m) => [m.seriesId, m.points[1]!.x])).toEqual([['nifti:scan.nii', 9], [theirs, 5]]);
    expect(measurements[0]!.id).not.toBe(measurements[1]!.id);
  });

  it('brings a lesion back with its outline and its figures', async () => {
    const { file } = await made();
    await openSessionFile(file);
    const id = stageStore.getState().derivedId!;
    expect(derivedOf(id)?.kind).toBe('lesion-insert');
    expect(lesionStore.getState().figures.get(`${id}/0`)).toEqual(figures);
    expect(layersStore.getState().layers.find((l) => l.id === `lesion/result/${id}/0/mask`)).toMatchObject({ derivedId: id, side: 'generated', style: 'synthetic', label: '3.9 mm' });
  });
});
