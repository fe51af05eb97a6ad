import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DicomAttributes, DicomElement } from '../../../src/core/dicomJson';
import { classArea, classStatistics } from '../../../src/core/labelStatistics';
import { classPlane, labelsOfSlice } from '../../../src/core/labelSet';
import type { Series } from '../../../src/core/slice';
import { cielabToRgb } from '../../../src/dicom/labels/labelColor';
import { placeSegmentation, placeStructureSet } from '../../../src/dicom/labels/placeOnSeries';
import { readSegmentation, type Segmentation } from '../../../src/dicom/labels/readSegmentation';
import { readStructureSet } from '../../../src/dicom/labels/readStructureSet';
import { attachLabel } from '../../../src/pipeline/attachLabels';
import { makeSeries } from '../../fixtures/series';

const e = (vr: string, ...Value: NonNullable<DicomElement['Value']>[number][]): DicomElement => ({ vr, Value });
const sq = (...items: DicomAttributes[]): DicomElement => ({ vr: 'SQ', Value: items });

const image = (uid: string): DicomAttributes => ({ '00081155': e('UI', uid) });

interface SegFrame {
  segment: number;
  slice: number;
  values: number[];
}
/** A SEG on `series` whose frames come in any order. */
function makeSeg(series: Series, frames: SegFrame[], options: { type?: string; maximum?: number; segments?: number[]; shiftMm?: number; spacing?: [number, number]; rows?: number; listed?: readonly string[]; sources?: (frame: SegFrame) => readonly string[] } = {}): Segmentation {
  const { type = 'BINARY', maximum, segments = [1, 2], shiftMm = 0, spacing = series.pixelSpacingMm!, rows = series.rows, listed = [], sources = () => [] } = options;
  const a: DicomAttributes = {
    '0008103E': e('LO', 'Test'),
    '00080016': e('UI', '1.2.840.10008.5.1.4.1.1.66.4'),
    '00200052': e('UI', 'other'),
    '00081115': sq({ '0020000E': e('UI', series.seriesUid), '0008114A': sq(...listed.map(image)) }),
    '00280008': e('IS', frames.length),
    '00280010': e('US', rows),
    '00280011': e('US', series.columns),
    '00620001': e('CS', type),
    ...(maximum ? { '0062000E': e('US', maximum) } : {}),
    '00620002': sq(...segments.map((n) => ({ '00620004': e('US', n), '00620005': e('LO', `Class ${n}`), '0062000D': e('US', 40000, 40000, 40000) }))),
    '52009229': sq({ '00209116': sq({ '00200037': e('DS', 1, 0, 0, 0, 1, 0) }), '00289110': sq({ '00280030': e('DS', ...spacing) }) }),
    '52009230': sq(...frames.map((f) => {
      const p = series.slices[f.slice]?.geometry?.positionMm ?? [-10, -20, 900];
      return { '00209113': sq({ '00200032': e('DS', p[0] + shiftMm, p[1], p[2]) }), '0062000A': sq({ '0062000B': e('US', f.segment) }), '00089124': sq({ '00082112': sq(...sources(f).map(image)) }) };
    })),
  };
  return readSegmentation(a, (i) => frames[i]!.values);
}
const series = makeSeries();
const pixels = series.rows * series.columns;
const plane = (fill: (i: number) => number) => Array.from({ length: pixels }, (_, i) => fill(i));

/** Two echoes: one series, one place and grid, other images. */
function volumes(): [Series, Series] {
  const echo = (n: number): Series => ({ ...series, id: `${series.id}:${n}`, slices: series.slices.map((h) => ({ ...h, sopInstanceUid: `${h.sopInstanceUid}.${n}` })) });
  return [echo(1), echo(2)];
}

describe('DICOM SEG', () => {
  it('frames land on their slices whatever their order; overlapping segments keep all their pixels; missing frames are empty', () => {
    const masks = fc.uniqueArray(fc.record({ segment: fc.constantFrom(1, 2, 5), slice: fc.integer({ min: 0, max: 3 }), values: fc.array(fc.constantFrom(0, 1), { minLength: pixels, maxLength: pixels }) }), { selector: (f) => `${f.segment}/${f.slice}`, minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(masks, (frames) => {
        const placed = placeSegmentation(makeSeg(series, frames, { segments: [1, 2, 5] }), series);
        if (!placed.ok) throw new Error(placed.words);
        for (const segment of [1, 2, 5]) {
          for (let s = 0; s < 4; s++) {
            const want = frames.find((f) => f.segment === segment && f.slice === s)?.values ?? plane(() => 0);
            expect(Array.from(classPlane(placed.set, segment, s) ?? plane(() => 0))).toEqual(want);
          }
        }
      }),
    );
  });

  it('fractional segments count from half the maximum, and say so', () => {
    const seg = makeSeg(series, [{ segment: 1, slice: 0, values: plane((i) => i * 6) }], { type: 'FRACTIONAL', maximum: 200 });
    expect(Array.from(seg.plane(0))).toEqual(plane((i) => (i * 6 >= 100 ? 1 : 0)));
    expect(seg.notes.join()).toContain('100 of 200');
  });

  it('a shift of one pixel, another spacing, another size are refused with the right words; frames beyond the series are told', () => {
    const frames = [{ segment: 1, slice: 1, values: plane((i) => i % 2) }];
    expect(attachLabel(makeSeg(series, frames, { shiftMm: 0.8 }), [series])).toMatchObject({ status: 'mismatch', words: expect.stringContaining('shifted by 0.80 mm along the left–right axis') });
    expect(attachLabel(makeSeg(series, frames, { spacing: [1, 1] }), [series])).toMatchObject({ status: 'mismatch', words: expect.stringContaining('another spacing') });
    expect(attachLabel(makeSeg(series, frames, { rows: 7 }), [series])).toMatchObject({ status: 'mismatch', words: expect.stringContaining('another size') });
    const partly = placeSegmentation(makeSeg(series, [...frames, { segment: 1, slice: 99, values: plane(() => 1) }]), series);
    expect(partly.ok && partly.set.notes).toEqual(['1 of 2 frames lie beyond the loaded slices.']);
  });

  it('of the volumes of one series only the one whose images it names: by its frames, else by its list; else a person chooses', () => {
    const [first, second] = volumes();
    const frames = [{ segment: 1, slice: 1, values: plane((i) => i % 2) }];
    const all = [first, second].flatMap((s) => s.slices.map((h) => h.sopInstanceUid!));
    const uids = second.slices.map((h) => h.sopInstanceUid!);
    const attached = { status: 'attached', set: { seriesId: second.id } };
    expect(attachLabel(makeSeg(series, frames, { listed: all, sources: (f) => [uids[f.slice]!] }), [first, second])).toMatchObject(attached);
    expect(attachLabel(makeSeg(series, frames, { listed: uids }), [first, second])).toMatchObject(attached);
    for (const seg of [makeSeg(series, frames), makeSeg(series, frames, { listed: all })]) {
      expect(attachLabel(seg, [first, second])).toMatchObject({ status: 'ambiguous', seriesIds: [first.id, second.id] });
      expect(attachLabel(seg, [first, second], { seriesId: second.id })).toMatchObject(attached);
    }
    expect(attachLabel(makeSeg(series, frames), [first]).status).toBe('attached');
  });

  it('frames without a place lie on the frames of a multi-frame image that they name; on none where they name the image alone', () => {
    const cine: Series = { ...series, affine: null, slices: series.slices.map((h, frame) => ({ ...h, geometry: null, sopInstanceUid: '1.2.cine', frame })) };
    const frames = [2, 0].map((slice) => ({ segment: 1, slice, values: plane((i) => (i === slice ? 1 : 0)) }));
    const unplaced = (source: (frame: number) => DicomAttributes): Segmentation => {
      const named = frames.map(({ slice }) => ({ '00089124': sq({ '00082112': sq(source(slice)) }), '0062000A': sq({ '0062000B': e('US', 1) }) }));
      const a: DicomAttributes = {
        '00280008': e('IS', 2), '00280010': e('US', series.rows), '00280011': e('US', series.columns), '00620001': e('CS', 'BINARY'),
        '00620002': sq({ '00620004': e('US', 1), '00620005': e('LO', 'Class 1') }), '52009230': sq(...named),
      };
      return readSegmentation(a, (i) => frames[i]!.values);
    };
    const placed = placeSegmentation(unplaced((frame) => ({ ...image('1.2.cine'), '00081160': e('IS', frame + 1) })), cine);
    if (!placed.ok) throw new Error(placed.words);
    expect([0, 1, 2, 3].map((s) => classPlane(placed.set, 1, s)?.indexOf(1) ?? null)).toEqual([0, null, 2, null]);
    expect(placeSegmentation(unplaced(() => image('1.2.cine')), cine)).toMatchObject({ ok: false, words: expect.stringContaining('does not say') });
  });

  it('times of one multi-frame image are told apart by the frames that are named', () => {
    const times = [0, 1].map((t): Series => ({ ...series, id: `${series.id}:${t}`, slices: series.slices.map((h, i) => ({ ...h, sopInstanceUid: '1.2.multi', frame: 4 * t + i })) }));
    const frames = [{ segment: 1, slice: 1, values: plane((i) => i % 2) }];
    const seg = makeSeg(series, frames, { listed: ['1.2.multi'], sources: () => ['1.2.multi'] });
    expect(attachLabel(seg, times).status).toBe('ambiguous');
    const told: Segmentation = { ...seg, frames: seg.frames.map((f) => ({ ...f, sources: [{ uid: '1.2.multi', frames: [6] }] })) };
    expect(attachLabel(told, times)).toMatchObject({ status: 'attached', set: { seriesId: times[1]!.id } });
  });

  it('area and volume follow spacing; a voxel in two layers counts once a class', () => {
    const both = plane((i) => (i < 10 ? 1 : 0));
    const placed = placeSegmentation(makeSeg(series, [{ segment: 1, slice: 0, values: both }, { segment: 2, slice: 0, values: both }, { segment: 1, slice: 2, values: both }]), series);
    if (!placed.ok) throw new Error(placed.words);
    expect(labelsOfSlice(placed.set, 0)).toHaveLength(2);
    expect(classArea(placed.set, 1, 0, series.pixelSpacingMm).areaMm2).toBeCloseTo(10 * 0.9 * 0.8, 12);
    expect(classStatistics(placed.set, series.pixelSpacingMm, series.sliceSpacingMm).map((c) => c.voxels)).toEqual([20, 10]);
    expect(classStatistics(placed.set, series.pixelSpacingMm, series.sliceSpacingMm)[0]!.volumeMl).toBeCloseTo((20 * 0.9 * 0.8 * 5) / 1000, 12);
  });

  it('contradictions are named', () => {
    expect(() => makeSeg(series, [{ segment: 7, slice: 0, values: plane(() => 1) }])).toThrow(/segment 7/);
    expect(() => makeSeg(series, [{ segment: 1, slice: 0, values: [1] }]).plane(0)).toThrow(/cut short/);
  });

  it('CIELab white, black and red are white, black and red', () => {
    expect(cielabToRgb([65535, 32896, 32896])).toEqual([255, 255, 255]);
    expect(cielabToRgb([0, 32896, 32896])).toEqual([0, 0, 0]);
    const [r, g, b] = cielabToRgb([34885, 53485, 50171]); // L 53.2, a 80.1, b 67.2: sRGB red
    expect(r).toBeGreaterThan(245);
    expect(Math.max(g, b)).toBeLessThan(40);
  });
});

describe('RT structure set', () => {
  const square = (x0: number, y0: number, x1: number, y1: number, z: number) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].flatMap(([x, y]) => [-10 + x! * 0.8, -20 + y! * 0.9, z]);
  const structures = (contours: number[][], number = 3, drawnOn: readonly string[] = [], listed: readonly string[] = []) =>
    readStructureSet({
      '30060002': e('SH', 'plan'),
      '30060010': sq({ '30060012': sq({ '30060014': sq({ '0020000E': e('UI', series.seriesUid), '30060016': sq(...listed.map(image)) }) }) }),
      '30060020': sq({ '30060022': e('IS', number), '30060026': e('LO', 'GTV') }),
      '30060039': sq({ '30060084': e('IS', number), '3006002A': e('IS', 255, 0, 0), '30060040': sq(...contours.map((c) => ({ '30060016': sq(...drawnOn.map(image)), '30060042': e('CS', 'CLOSED_PLANAR'), '30060050': e('DS', ...c) }))) }),
    });

  it('an inner contour is a hole, several contours a slice add up, edges belong to one side only', () => {
    const placed = placeStructureSet(structures([square(0.5, 0.5, 4.5, 4.5, 35), square(1.5, 1.5, 3.5, 3.5, 35), square(5.5, 0.5, 6.5, 1.5, 35)]), series);
    if (!placed.ok) throw new Error(placed.words);
    const got = classPlane(placed.set, 3, 1)!;
    const want = plane((i) => {
      const [x, y] = [i % 8, Math.floor(i / 8)];
      const outer = x >= 1 && x <= 4 && y >= 1 && y <= 4;
      const hole = x >= 2 && x <= 3 && y >= 2 && y <= 3;
      return (outer && !hole) || (x === 6 && y === 1) ? 1 : 0;
    });
    expect(Array.from(got)).toEqual(want);
    expect([0, 2, 3].map((s) => placed.set.layers[0]![s])).toEqual([null, null, null]);
  });

  it('contours between the slices go to the nearest; beyond the series they are told; elsewhere they are refused', () => {
    const near = placeStructureSet(structures([square(0.5, 0.5, 4.5, 4.5, 36.9), square(0.5, 0.5, 4.5, 4.5, 99)]), series);
    expect(near.ok && near.set.layers[0]![1]).toBeTruthy();
    expect(near.ok && near.set.notes[0]).toContain('1 of 2 contours lie beyond');
    expect(attachLabel(structures([square(0, 0, 3, 3, 990)]), [series])).toMatchObject({ status: 'mismatch' });
  });

  it('of the volumes of one series only the one on whose images it was drawn; else a person chooses', () => {
    const [first, second] = volumes();
    const contours = [square(0.5, 0.5, 4.5, 4.5, 35)];
    const [one, two] = [first, second].map((s) => s.slices.map((h) => h.sopInstanceUid!)) as [string[], string[]];
    const attached = { status: 'attached', set: { seriesId: second.id } };
    expect(attachLabel(structures(contours, 3, [two[1]!], [...one, ...two]), [first, second])).toMatchObject(attached);
    expect(attachLabel(structures(contours, 3, [], two), [first, second])).toMatchObject(attached);
    expect(attachLabel(structures(contours, 3, [], [...one, ...two]), [first, second]).status).toBe('ambiguous');
  });

  it('large or doubled ROI numbers become class ids that fit, and the notes tell', () => {
    const set = structures([square(0.5, 0.5, 4.5, 4.5, 35)], 4000);
    expect(set.rois[0]!.id).toBe(1);
    expect(set.notes.join()).toContain('4000');
  });
});
