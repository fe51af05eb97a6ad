import { describe, expect, it } from 'vitest';
import { classPlane } from '../../../src/core/labelSet';
import { readCoco } from '../../../src/formats/cocoReader';
import { encodeRle } from '../../../src/formats/cocoRle';
import { writeNpz, type NpyArray } from '../../../src/formats/npz';
import { writePng16, writePng8 } from '../../../src/formats/pngWriter';
import { readYolo } from '../../../src/formats/yolo';
import { attachLabel } from '../../../src/pipeline/attachLabels';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { guessModality } from '../../../src/pipeline/import/plainSeries';
import { importFiles } from '../../../src/pipeline/importFiles';
import { EMPTY_SHELF, shelveLabels } from '../../../src/pipeline/labelShelf';
import { openLabels } from '../../../src/pipeline/openLabels';
import { makeSeries } from '../../fixtures/series';

const [width, height] = [12, 9];
const mask = Uint8Array.from({ length: width * height }, (_, i) => (i % 5 === 0 ? 1 : 0));
const other = Uint8Array.from({ length: width * height }, (_, i) => (i % 3 === 0 ? 1 : 0));
const picture = writePng16(Uint16Array.from(mask, (_, i) => i * 300), width, height);
const annotation = (changes: object = {}) => ({ id: 7, image_id: 1, category_id: 2, segmentation: encodeRle(mask, width, height), ...changes });
const coco = (annotations: readonly object[] = [annotation()], changes: object = {}) => ({
  images: [{ id: 1, file_name: 'images/a.png', width, height }], categories: [{ id: 2, name: 'cyst' }, { id: 3, name: 'tumour' }], annotations, ...changes,
});
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function open(files: Record<string, Uint8Array>) {
  const decoder = createNodeDecoder(1);
  try {
    const found = await importFiles(Object.entries(files).map(([path, bytes]) => ({ path, blob: new Blob([new Uint8Array(bytes)]) })), { decoder });
    const opened = await openLabels(found.others, found.outcomes.map((o) => o.path));
    const slices = await Promise.all(found.series.map((s) => s.loadSlice(0)));
    return { found, opened, slices, shelf: shelveLabels(EMPTY_SHELF, opened.labels, found.series.map((s) => s.series)).shelf };
  } finally {
    decoder.dispose();
  }
}
const codes = async (files: Record<string, Uint8Array>) => {
  const { found, opened } = await open(files);
  return [...found.outcomes.flatMap((o) => o.code ?? []), ...opened.failed.map((f) => f.error.code)];
};

describe('COCO', () => {
  it('overlapping classes keep all their pixels', async () => {
    const { shelf } = await open({ 's/images/a.png': picture, 's/annotations/train.json': json(coco([annotation(), annotation({ category_id: 3, segmentation: encodeRle(other, width, height) })])) });
    expect(shelf.attached[0]).toMatchObject({ kind: 'picture', source: 'COCO, train.json', seriesId: 'image:s/images/a.png', classes: [{ id: 2, name: 'cyst' }, { id: 3, name: 'tumour' }] });
    expect(classPlane(shelf.attached[0]!, 2, 0)).toEqual(mask);
    expect(classPlane(shelf.attached[0]!, 3, 0)).toEqual(other);
  });

  it.each([
    ['runs that end early', annotation({ segmentation: { size: [height, width], counts: [3, 4] } }), 'runs of 7 pixels for an image of 108'],
    ['runs that are no text', annotation({ segmentation: { size: [height, width], counts: 'abc ~' } }), 'runs that cannot be read'],
    ['a negative run', annotation({ segmentation: { size: [height, width], counts: [-1, 109] } }), 'runs that cannot be read'],
    ['another size', annotation({ segmentation: { size: [width, height], counts: [108] } }), 'annotation 7 is 12,9, its image 9,12'],
    ['a polygon of two points', annotation({ segmentation: [[1, 2, 3, 4]] }), 'a polygon that is none'],
    ['an unknown image', annotation({ image_id: 4 }), 'speaks of image 4, which is not listed'],
    ['an unknown class', annotation({ category_id: 9 }), 'has category 9, which is not listed'],
    ['boxes alone', { ...annotation({ segmentation: [] }), bbox: [1, 1, 3, 3] }, '1 boxes and no mask'],
  ])('%s: refused by name, and nothing of the file is used', async (_, bad, words) => {
    const { opened, shelf } = await open({ 'images/a.png': picture, 'train.json': json(coco([annotation(), bad])).slice() });
    if (words.startsWith('1 boxes')) {
      // Beside a mask a box is only counted.
      expect(shelf.attached[0]!.notes).toEqual([expect.stringContaining('1 of its annotations are boxes without a mask')]);
      expect(() => readCoco(coco([bad]), 'train.json')).toThrow(words);
      return;
    }
    expect(opened.failed).toMatchObject([{ path: 'train.json', error: { code: 'label/invalid', detail: expect.stringContaining(words) } }]);
    expect(shelf.attached).toEqual([]);
  });

  it('a picture of another size, in several places or in another folder is never taken silently', async () => {
    const small = await open({ 'images/a.png': writePng8(new Uint8Array(6), 3, 2), 'train.json': json(coco()) });
    expect(small.shelf.waiting).toMatchObject([{ result: { status: 'mismatch', words: expect.stringContaining('has another size (12 × 9, not 3 × 2)') } }]);
    const elsewhere = await open({ 'x/y/a.png': picture, 'train.json': json(coco()) });
    expect(elsewhere.shelf.waiting).toMatchObject([{ result: { status: 'ambiguous', seriesIds: ['image:x/y/a.png'] } }]);
    const twice = await open({ 's/p/images/a.png': picture, 's/q/images/a.png': picture, 's/annotations/train.json': json(coco()) });
    expect(twice.shelf.attached).toEqual([]);
    expect(twice.shelf.waiting).toMatchObject([{ result: { status: 'ambiguous', seriesIds: ['image:s/p/images/a.png', 'image:s/q/images/a.png'] } }]);
    const [label] = readCoco(coco(), 's/annotations/train.json');
    const library = twice.found.series.map((s) => s.series);
    expect(attachLabel(label!, library, { seriesId: 'image:s/q/images/a.png' })).toMatchObject({ status: 'attached', set: { seriesId: 'image:s/q/images/a.png' } });
    expect(attachLabel(label!, [makeSeries({ id: 'd1' })]).status).toBe('waiting');
  });
});

describe('masks beside pictures, and YOLO', () => {
  const plane = mask.map((v, i) => v * (1 + (i % 2) * 4));

  it('a PNG in masks is the label of the picture of its name in images; COCO, where it is there too, goes before', async () => {
    const files = { 's/images/a.png': picture, 's/masks/a.png': writePng8(plane, width, height), 's/masks/alone.png': writePng8(plane, width, height) };
    const { found, shelf } = await open(files);
    expect(found.series.map((s) => s.series.id)).toEqual(['image:s/images/a.png', 'image:s/masks/alone.png']);
    expect(shelf.attached).toMatchObject([{ source: 'Mask, a.png', classes: [{ id: 1 }, { id: 5 }] }]);
    expect(shelf.attached[0]!.layers[0]![0]).toEqual(plane);
    const both = await open({ ...files, 's/annotations/train.json': json(coco()) });
    expect(both.shelf.attached.map((s) => s.source)).toEqual(['COCO, train.json']);
  });

  it('pictures.json names the values of masks, and says what the grey means: Hounsfield units, millimetres', async () => {
    const list = {
      verisim: 'pictures', version: 1, labels: { background: 0, cyst: 1, 'a "b"': 5, unused: 7 },
      images: [{ file_name: 'images/a.png', grey: { slope: 0.5, intercept: -1024 }, modality: 'CT', pixel_spacing_mm: [0.9, 0.8] }, { file_name: 'images/gone.png', grey: { slope: 1, intercept: 0 } }, { file_name: 7 }, null],
    };
    const files = { 's/images/a.png': picture, 's/images/b.png': picture, 's/masks/a.png': writePng8(plane, width, height), 's/pictures.json': json(list) };
    const { found, shelf, slices } = await open(files);
    expect(shelf.attached).toMatchObject([{ source: 'Mask, a.png', classes: [{ id: 1, name: 'cyst' }, { id: 5, name: 'a "b"' }, { id: 7, name: 'unused' }] }]);
    expect(found.series.map((s) => [s.series.modality, s.series.pixelSpacingMm])).toEqual([['CT', [0.9, 0.8]], ['OT', null]]);
    expect(slices.map((s) => [s.raster.unit, s.raster.data[3], s.pixelSpacingMm, s.stored!.slope])).toEqual([['HU', 900 * 0.5 - 1024, [0.9, 0.8], 0.5], ['modality', 900, null, 1]]);
    // COCO of our sets says it as well; a slope of nothing says nothing.
    const { images } = coco();
    const fromCoco = await open({ ...files, 's/pictures.json': json({}), 's/annotations/train.json': json(coco(undefined, { images: [{ ...images[0], grey: { slope: 2, intercept: 3 } }] })) });
    expect(fromCoco.slices[0]!.raster.data[3]).toBe(1803);
    const broken = await open({ ...files, 's/pictures.json': json({ ...list, images: [{ file_name: 'images/a.png', grey: { slope: 0, intercept: 'x' } }] }) });
    expect(broken.slices[0]!.raster.data[3]).toBe(900);
  });

  it('CT pictures are in Hounsfield units only where a list says so', async () => {
    const listed = (grey: object) => ({ 'CT/pictures.json': json({ verisim: 'pictures', version: 1, labels: {}, images: [{ file_name: 'images/a.png', grey, modality: 'CT' }] }) });
    const unitOf = async (files: object) => {
      const { found, slices } = await open({ 'CT/images/a.png': picture, ...files });
      return [found.series[0]!.series.modality, found.series[0]!.series.notHounsfield, slices[0]!.raster.unit];
    };
    expect(await unitOf({})).toEqual(['CT', true, 'modality']);
    expect(await unitOf(listed({ slope: 1, intercept: 0, unit: 'other' }))).toEqual(['CT', true, 'modality']);
    expect(await unitOf(listed({ slope: 1, intercept: -32768, unit: 'HU' }))).toEqual(['CT', undefined, 'HU']);
    // Lists of older versions.
    expect(await unitOf(listed({ slope: 1, intercept: -32768 }))).toEqual(['CT', undefined, 'HU']);
    expect(await unitOf(listed({ slope: 0.1, intercept: 0 }))).toEqual(['CT', true, 'modality']);
  });

  it.each([
    ['CT_MR_liver/MR/case1.nii.gz', 'MR'], ['CT_MR_liver/case1.nii.gz', 'OT'], ['CT/sub-01_space-ct_T1w.nii.gz', 'MR'], ['hu/case1.png', 'OT'], ['MR/lung_ct.nii.gz', 'CT'],
    ['set/CT/MR_t/case.nii', 'MR'], ['MRI/ct-mr.nii', 'MR'], ['CT/imagesTr/a_0000.nii.gz', 'CT'], ['a_hu.nii', 'CT'], ['flair/1.png', 'MR'],
  ])('%s is %s by its words, the innermost first', (path, modality) => expect(guessModality(path)).toBe(modality));

  it('polygons become masks with the names of data.yaml, boxes never do', async () => {
    const box = '0 0.5 0.5 0.25 0.25';
    const files = { 's/images/a.png': picture, 's/data.yaml': new TextEncoder().encode('path: .\nnames:\n  0: cyst\n  1: "tumour"\n') };
    const boxes = await open({ ...files, 's/labels/a.txt': new TextEncoder().encode(`${box}\n`) });
    expect(boxes.shelf).toEqual(EMPTY_SHELF);
    expect(boxes.found.outcomes.find((o) => o.path.endsWith('a.txt'))).toMatchObject({ status: 'skipped', message: expect.stringContaining('A box does not say which pixels are meant') });
    const { shelf } = await open({ ...files, 's/labels/a.txt': new TextEncoder().encode(`${box}\n1 0.25 0 0.75 0 0.75 1 0.25 1\n`) });
    expect(shelf.attached).toMatchObject([{ classes: [{ id: 2, name: 'tumour' }], notes: [expect.stringContaining('Class 0'), expect.stringContaining('1 of its lines are boxes')] }]);
    expect(shelf.attached[0]!.layers[0]![0]).toEqual(Uint8Array.from(mask, (_, i) => (i % width >= 3 && i % width < 9 ? 2 : 0)));
  });

  it('a file that goes on as no label is refused; other text is no label', () => {
    expect(() => readYolo('0 0.1 0.1 0.2 0.2\nhello\n')).toThrow('line 2 is neither box nor polygon');
    expect(() => readYolo('0 0.1 0.1 0.2 1.5')).toThrow('line 1');
    expect(readYolo('some words')).toBeNull();
    expect(readYolo('names: [a, "b c"]')).toEqual({ what: 'names', names: new Map([[0, 'a'], [1, 'b c']]) });
    expect(readYolo('names:\n  - a\n  - b\nnc: 2\n')).toEqual({ what: 'names', names: new Map([[0, 'a'], [1, 'b']]) });
  });
});

describe('NPZ', () => {
  const image = { data: Float32Array.from(mask, (_, i) => i / 7), shape: [height, width] };

  it('each mask goes to the image in its own file, though all lie on the same grid', async () => {
    const plane = { data: mask, shape: [height, width] };
    const { shelf } = await open({ 'a.npz': writeNpz({ image, label: plane }), 'b.npz': writeNpz({ image, label: { ...plane, data: other } }), 'c.npz': writeNpz({ image }) });
    expect(shelf.waiting).toEqual([]);
    expect(shelf.attached.map((s) => [s.seriesId, s.source, s.layers[0]![0]])).toEqual([['npz:a.npz', 'NPZ label, a.npz', mask], ['npz:b.npz', 'NPZ label, b.npz', other]]);
  });

  it('class_names name the values of the mask; what is no list of texts names nothing', async () => {
    const plane = { data: mask, shape: [height, width] };
    const named = (names: NpyArray) => open({ 'a.npz': writeNpz({ image, label: plane, class_names: names }) });
    const { shelf } = await named({ data: ['background', 'Läsion 𝛼', '', 'cyst'], shape: [4] });
    expect(shelf.attached[0]!.classes).toMatchObject([{ id: 1, name: 'Läsion 𝛼' }, { id: 3, name: 'cyst' }]);
    for (const names of [{ data: Float32Array.of(1, 2), shape: [2] }, { data: ['a', 'b', 'c', 'd'], shape: [2, 2] }]) {
      expect((await named(names)).shelf.attached[0]!.classes).toMatchObject([{ id: 1, name: 'Class 1' }]);
    }
  });

  it('bad ones are refused by name; a mask of another size waits', async () => {
    const { shelf } = await open({ 'a.npz': writeNpz({ image, label: { data: mask, shape: [width, height] } }) });
    expect(shelf.attached).toEqual([]);
    expect(shelf.waiting).toMatchObject([{ result: { status: 'mismatch', words: expect.stringContaining('has another size') } }]);
    expect(await codes({ 'a.npz': writeNpz({ image: { data: mask, shape: [mask.length] } }) })).toEqual(['npz/invalid']);
    expect(await codes({ 'a.npz': writeNpz({ image: { data: new Uint8Array(9 * 9 * 3), shape: [9, 9, 3] } }) })).toEqual(['npz/invalid']);
    expect(await codes({ 'a.npz': writeNpz({ embeddings: { data: mask, shape: [height, width] } }) })).toEqual(['input/not-an-image']);
    expect(await codes({ 'a.npz': writeNpz({ image, label: { data: Float32Array.from(mask, (v) => v / 2), shape: [height, width] } }) })).toEqual(['label/invalid']);
  });
});
