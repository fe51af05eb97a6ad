import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itemsOf, stringOf } from '../../../../src/core/dicomJson';
import { enlargedGeometry } from '../../../../src/core/geometry';
import { makeRaster } from '../../../../src/core/raster';
import type { Slice } from '../../../../src/core/slice';
import { derivedDicom, writeDerivedDicom } from '../../../../src/dicom/write';
import { LESION_INFO, makeSlice } from '../../../fixtures/scannerSlices';
import { dciodvfyErrors, runPython, skipWithout, skipWithoutPython } from '../../../fixtures/validators';

const options = { softwareVersion: '0.1.0', recipe: 'r1' };
const folder = mkdtempSync(join(tmpdir(), 'verisim-write-'));

function generated(slice: Slice): Slice {
  return { ...slice, source: { kind: 'generated', from: slice.source, augmentation: LESION_INFO } };
}

function enlarged(slice: Slice): Slice {
  const { raster } = slice;
  const data = new Float32Array(raster.data.length * 4);
  for (let i = 0; i < data.length; i++) data[i] = raster.data[(Math.floor(i / (raster.width * 4)) * raster.width) + (Math.floor((i % (raster.width * 2)) / 2))]!;
  return generated({ ...slice, ...enlargedGeometry(slice.geometry!, slice.pixelSpacingMm!, 2), raster: makeRaster(data, raster.width * 2, raster.height * 2, raster.unit) });
}

const cases: [string, Slice][] = [
  ['MR', generated(makeSlice())],
  ['CT', generated(makeSlice({ modality: 'CT' }))],
  ['MR enlarged', enlarged(makeSlice())],
  ['MR from NIfTI', generated({ ...makeSlice(), source: { kind: 'nifti', name: 'brain.nii.gz' } })],
  ['CT from NIfTI', generated({ ...makeSlice({ modality: 'CT' }), source: { kind: 'nifti', name: 'chest.nii.gz' } })],
  ['picture', generated({ ...makeSlice(), modality: 'OT', geometry: null, pixelSpacingMm: null, source: { kind: 'image', name: 'a.png', bits: 16 } })],
];

describe('writeDerivedDicom', () => {
  it('gives the same bytes for the same input, other UIDs for another seed, recipe, copy, model or version', () => {
    const slice = generated(makeSlice());
    expect(writeDerivedDicom(slice, options)).toEqual(writeDerivedDicom(slice, options));
    const base = derivedDicom(slice, options);
    const others = [
      derivedDicom(slice, { ...options, info: { ...LESION_INFO, seed: 8 } }),
      derivedDicom(slice, { ...options, recipe: 'r2' }),
      derivedDicom(slice, { ...options, copy: 1 }),
      derivedDicom(slice, { ...options, softwareVersion: '0.2.0' }),
      derivedDicom(slice, { ...options, info: { ...LESION_INFO, backend: 'webgpu' } }),
      derivedDicom(slice, { ...options, info: { ...LESION_INFO, model: { ...LESION_INFO.model!, sha256: 'cd'.repeat(32) } } }),
      derivedDicom(slice, { ...options, info: { ...LESION_INFO, model: { ...LESION_INFO.model!, variant: 'x' } } }),
    ];
    const instances = new Set([base, ...others].map((d) => d.sopInstanceUid));
    expect(instances.size).toBe(8);
    expect(new Set([base, ...others].map((d) => d.seriesInstanceUid)).size).toBe(8);
    expect(new Set([base, ...others].map((d) => d.studyInstanceUid)).size).toBe(1);
    for (const uid of instances) expect(uid).toMatch(/^2\.25\.\d{1,39}$/);
  });

  it('puts slices of one series into one series, whatever their per-slice settings', () => {
    const a = derivedDicom(generated(makeSlice({ index: 0 })), options);
    const b = derivedDicom(generated(makeSlice({ index: 1 })), { ...options, info: { ...LESION_INFO, parameters: { ...LESION_INFO.parameters, diameterMm: 9, meterRmse: 2, maskPixels: 30 } } });
    expect(a.seriesInstanceUid).toBe(b.seriesInstanceUid);
    expect(a.sopInstanceUid).not.toBe(b.sopInstanceUid);
  });

  it('puts runs of other settings into other series; the size of a mask that was drawn is measured, and splits none', () => {
    const seriesOf = (parameters: typeof LESION_INFO.parameters) => derivedDicom(generated(makeSlice()), { ...options, info: { ...LESION_INFO, parameters } }).seriesInstanceUid;
    const runs: (typeof LESION_INFO.parameters)[] = [{ place: 'auto', sizeMm: 8 }, { place: 'auto', sizeMm: 20 }, { place: 'auto', sizeMm: 8, contrast: 0.5 }, { place: 'auto', sizeMm: 8, softnessMm: 1 }];
    expect(new Set(runs.map(seriesOf)).size).toBe(4);
    expect(seriesOf({ place: 'mask', sizeMm: 8.1 })).toBe(seriesOf({ place: 'mask', sizeMm: 9.3 }));
  });

  it('says HU of what is; maps of CT keep the Rescale Type of their source', () => {
    const typeOf = (unit: 'HU' | 'modality', said?: string) => {
      const slice = generated(makeSlice({ modality: 'CT', attributes: said ? { '00281054': { vr: 'LO', Value: [said] } } : {} }));
      return stringOf(derivedDicom({ ...slice, raster: { ...slice.raster, unit } }, options).attributes, '00281054');
    };
    expect([typeOf('HU'), typeOf('HU', 'HU'), typeOf('modality', 'MGML'), typeOf('modality', 'US'), typeOf('modality')]).toEqual(['HU', 'HU', 'MGML', 'US', 'US']);
  });

  describe('an unchanged image', () => {
    const uid = (slice: Slice, changes: Partial<Parameters<typeof derivedDicom>[1]> = {}) => derivedDicom(slice, { ...options, info: null, unchanged: true, instanceNumber: 1, ...changes }).attributes;
    const attributesOf = (slice: Slice) => (slice.source as Extract<Slice['source'], { kind: 'dicom' }>).attributes;

    it('keeps the UID of its source where it has the same pixels', () => {
      const slice = makeSlice({ index: 9 });
      const a = uid(slice);
      expect(a['00080018']).toEqual(attributesOf(slice)['00080018']);
      expect(a['00082112']).toBeUndefined();
      expect(stringOf(a, '00200013')).toBe('10');
    });

    it('is a new, derived instance with its source where colour became grey', () => {
      const slice = { ...makeSlice({ index: 9, attributes: { '00280100': { vr: 'US', Value: [8] } } }), stored: null, rgb: new Uint8Array(64 * 48 * 3) };
      const a = uid(slice);
      expect(a['00080018']).not.toEqual(attributesOf(slice)['00080018']);
      expect(a['0020000E']).not.toEqual(attributesOf(slice)['0020000E']);
      expect(stringOf(itemsOf(a, '00082112')[0], '00081155')).toBe(stringOf(attributesOf(slice), '00080018'));
      expect(a['00080008']!.Value!.slice(0, 2)).toEqual(['DERIVED', 'SECONDARY']);
      expect(stringOf(a, '00200013')).toBe('10');
      // De-identified, it has a UID that stands for nothing else.
      const replaced = { ...attributesOf(slice), '00080018': { vr: 'UI', Value: ['2.25.1'] } };
      expect(stringOf(uid(slice, { sourceAttributes: replaced }), '00080018')).toBe('2.25.1');
    });

    it('of an enhanced file is a classic frame that names its source and frame', () => {
      const enhanced = { '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.4.1'] }, '00280008': { vr: 'IS', Value: [3] }, '00080008': { vr: 'CS', Value: ['MIXED', 'PRIMARY', 'VOLUME', 'NONE'] }, '00089007': { vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'] } };
      const slice = makeSlice({ attributes: enhanced });
      const a = uid({ ...slice, source: { ...(slice.source as Extract<Slice['source'], { kind: 'dicom' }>), frame: 2 } }, { instanceNumber: 3 });
      expect(a['00080008']!.Value).toEqual(['ORIGINAL', 'PRIMARY', 'OTHER']);
      expect(stringOf(a, '00200013')).toBe('3');
      const [source] = itemsOf(a, '00082112');
      expect([stringOf(source, '00081155'), stringOf(source, '00081160')]).toEqual([stringOf(attributesOf(slice), '00080018'), '3']);
    });
  });

  it('declares what it is', () => {
    const a = derivedDicom(generated(makeSlice()), options).attributes;
    expect(a['00080008']!.Value).toEqual(['DERIVED', 'SECONDARY', 'OTHER']);
    expect(a['0008001C']!.Value).toEqual(['YES']);
    expect(String(a['0008103E']!.Value![0])).toMatch(/^SYNTHETIC /);
    expect(a['00280301']!.Value).toEqual(['NO']);
    expect(a['00282110']!.Value).toEqual(['00']);
    const equipment = JSON.stringify(a['0018A001']);
    for (const part of ['lesion-insert-mr-glioma', 'ab'.repeat(32), 'seed=7', '0.1.0']) expect(equipment).toContain(part);
    const conversion = derivedDicom(makeSlice(), { ...options, info: null }).attributes;
    expect(conversion['0008001C']).toBeUndefined();
  });

  it('tells every step of a chain, and gives chains that end alike UIDs of their own', () => {
    const lesion = (seed: number) => ({ ...LESION_INFO, seed });
    const enlarging = { ...LESION_INFO, kind: 'super-resolution' as const, seed: null, model: { ...LESION_INFO.model!, id: 'sr-mr-x2', sha256: 'cd'.repeat(32) } };
    const chain = (seed: number): Slice => {
      const slice = makeSlice();
      return { ...slice, source: { kind: 'generated', augmentation: enlarging, from: { kind: 'generated', augmentation: lesion(seed), from: slice.source } } };
    };
    const image = derivedDicom(chain(7), options);
    expect(image.attributes['00089215']!.Value).toHaveLength(2);
    const steps = itemsOf(image.attributes, '0018A001').map((item) => stringOf(item, '0018A003')!);
    expect(steps).toHaveLength(2);
    expect(steps[0]).toContain('lesion-insert-mr-glioma');
    expect(steps[0]).toContain('seed=7');
    expect(steps[1]).toContain('sr-mr-x2');
    expect(stringOf(image.attributes, '00082111')).toContain('Before it: Synthetic lesion inserted (lesion-insert-mr-glioma, seed 7)');
    const other = derivedDicom(chain(8), options);
    expect(other.sopInstanceUid).not.toBe(image.sopInstanceUid);
    expect(other.seriesInstanceUid).not.toBe(image.seriesInstanceUid);
    const again = derivedDicom(generated(makeSlice({ attributes: { '0018A001': image.attributes['0018A001']! } })), options);
    expect(itemsOf(again.attributes, '0018A001').map((item) => stringOf(item, '0018A003')?.split(';')[0])).toEqual(['model=lesion-insert-mr-glioma', 'model=sr-mr-x2', 'model=lesion-insert-mr-glioma']);
    const foreign = { vr: 'SQ', Value: [{ '00080070': { vr: 'LO', Value: ['Other'] }, '00081070': { vr: 'PN', Value: ['Operator^Name'] } }] };
    expect(itemsOf(derivedDicom(generated(makeSlice({ attributes: { '0018A001': foreign } })), options).attributes, '0018A001')).toHaveLength(1);
  });

  it('refers to no source by a UID that is none', () => {
    const slice = generated(makeSlice({ attributes: { '00080018': { vr: 'UI', Value: ['dccc95'] } } }));
    expect(stringOf(itemsOf(derivedDicom(slice, options).attributes, '00082112')[0], '00081155')).toMatch(/^2\.25\./);
  });

  it('gives each tile of a mosaic an instance of its own, changed or not', () => {
    const tiles = [0, 1].map((tile): Slice => {
      const slice = makeSlice();
      return { ...slice, source: { ...(slice.source as Extract<Slice['source'], { kind: 'dicom' }>), tile } };
    });
    for (const some of [tiles, tiles.map(generated)]) {
      const unchanged = some === tiles;
      expect(new Set(some.map((slice) => derivedDicom(slice, { ...options, unchanged }).sopInstanceUid)).size).toBe(2);
    }
  });

  it('halves the spacing and moves the position by a quarter of an old pixel when enlarged by two', () => {
    const a = derivedDicom(enlarged(makeSlice()), options).attributes;
    expect(a['00280010']!.Value).toEqual([96]);
    expect(a['00280011']!.Value).toEqual([128]);
    expect(a['00280030']!.Value).toEqual(['0.45', '0.4']);
    expect(a['00200032']!.Value!.map(Number)).toEqual([-120 - 0.2, -110 - 0.225, 0]);
  });

  it('counts and clamps what overshoots sixteen bits', () => {
    const slice = generated(makeSlice());
    const data = slice.raster.data.slice();
    data[0] = 70000;
    data[1] = -5;
    const image = derivedDicom({ ...slice, raster: { ...slice.raster, data } }, options);
    expect(image.clamped).toBe(2);
    const pixels = new Uint16Array(image.attributes['7FE00010']!.bytes!.slice().buffer);
    expect([pixels[0], pixels[1], pixels[2]]).toEqual([65535, 0, data[2]]);
  });

  it('leaves private attributes, overlays and lookup tables of the source behind', () => {
    const extra = { '00091001': { vr: 'LO', Value: ['secret'] }, '60003000': { vr: 'OW', bytes: new Uint8Array(4) }, '00283010': { vr: 'SQ', Value: [{}] } };
    const tags = Object.keys(derivedDicom(generated(makeSlice({ attributes: extra })), options).attributes);
    for (const tag of Object.keys(extra)) expect(tags).not.toContain(tag);
  });

  describe.skipIf(skipWithout('dciodvfy'))('dciodvfy', () => {
    it.each(cases)('finds no error in %s', (name, slice) => {
      const file = join(folder, `${name.replace(/ /g, '-')}.dcm`);
      writeFileSync(file, writeDerivedDicom(slice, options));
      expect(dciodvfyErrors(file)).toEqual([]);
    });
  });

  describe.skipIf(skipWithout('dcmdump', 'gdcmraw'))('dcmtk and gdcm', () => {
    it.each(cases)('read the pixels of %s as they were written', (name, slice) => {
      const file = join(folder, `${name.replace(/ /g, '-')}.x.dcm`);
      const image = derivedDicom(slice, options);
      writeFileSync(file, image.bytes);
      const raw = `${file}.raw`;
      expect(spawnSync('gdcmraw', ['-i', file, '-o', raw, '-t', '7fe0,0010']).status).toBe(0);
      expect(new Uint8Array(readFileSync(raw))).toEqual(image.attributes['7FE00010']!.bytes);
      const dump = spawnSync('dcmdump', ['+W', folder, file], { encoding: 'utf8' });
      expect(dump.status).toBe(0);
      expect(dump.stderr).toBe('');
      const dumped = new Uint8Array(readFileSync(`${file}.0.raw`));
      expect(dumped).toEqual(image.attributes['7FE00010']!.bytes);
    });
  });

  describe.skipIf(skipWithoutPython('pydicom'))('pydicom', () => {
    it.each(cases)('reads values and geometry of %s', (name, slice) => {
      const file = join(folder, `${name.replace(/ /g, '-')}.p.dcm`);
      writeFileSync(file, writeDerivedDicom(slice, options));
      const code = `
import sys, json, pydicom
d = pydicom.dcmread(sys.argv[1])
fmt = '<%d%s' % (d.Rows*d.Columns, 'h' if d.PixelRepresentation else 'H')
import struct
s = float(d.get('RescaleSlope', 1)); i = float(d.get('RescaleIntercept', 0))
print(json.dumps({'rows': d.Rows, 'columns': d.Columns, 'values': [v*s+i for v in struct.unpack(fmt, d.PixelData)],
  'synthetic': d[0x0008,0x001c].value, 'position': [float(v) for v in d.get('ImagePositionPatient', [])]}))`;
      const read = JSON.parse(runPython('pydicom', code, [file]));
      expect(read.rows).toBe(slice.raster.height);
      expect(read.columns).toBe(slice.raster.width);
      expect(read.values).toEqual(Array.from(slice.raster.data));
      expect(read.synthetic).toBe('YES');
      expect(read.position).toEqual(slice.geometry ? Array.from(slice.geometry.positionMm) : []);
    });
  });
});
