import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { run as enhance } from '../../../src/cli/enhance';
import { run as evaluate } from '../../../src/cli/evaluate';
import { run as explain } from '../../../src/cli/explain';
import { run as models } from '../../../src/cli/models';
import { numberOf, numbersOf, stringOf } from '../../../src/core/dicomJson';
import { stackVolume, writeNiftiGz } from '../../../src/formats/niftiWriter';
import { derivedDicom } from '../../../src/dicom/write';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { readInputs } from '../../../src/pipeline/import/readInputs.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { hasShipped } from '../../fixtures/models';
import { makeSource, sliceOf } from '../../fixtures/memorySeries';
import { phantom } from '../../fixtures/phantom';
import { makeSlice } from '../../fixtures/scannerSlices';

const folder = mkdtempSync(join(tmpdir(), 'verisim-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs a command and gives its exit code and the JSON on stdout. */
async function json<T>(command: (args: readonly string[]) => Promise<number>, ...args: string[]): Promise<{ code: number; value: T }> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((text += String(chunk)), true));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const code = await command([...args, '--json']);
  vi.restoreAllMocks();
  return { code, value: JSON.parse(text) as T };
}

async function niftiFile(name: string): Promise<string> {
  const source = makeSource([1, 2].map((seed) => sliceOf(phantom(24, 28, seed), 900)));
  const path = join(folder, name);
  writeFileSync(path, writeNiftiGz(stackVolume([await source.loadSlice(0), await source.loadSlice(1)])));
  return path;
}

describe.skipIf(!hasShipped('sr-mr-x2.onnx'))('headless commands of the engine', () => {
  it('models lists the manifest and finds every file as listed', async () => {
    const { code, value } = await json<{ models: { id: string }[]; problems: unknown[] }>(models, '--check');
    expect([code, value.problems]).toEqual([0, []]);
    expect(value.models.map((m) => m.id)).toContain('sr-mr-x2');
  });

  it('enhance: NIfTI in, NIfTI of twice the size out, the same bytes again', async () => {
    const input = await niftiFile('t1.nii.gz'), outs = [join(folder, 'a'), join(folder, 'b')];
    for (const out of outs) {
      const { code, value } = await json<{ made: { files: string[]; slices: number; meter: { maxRmse: number } }[] }>(enhance, input, '--model', 'sr-mr-x2', '--consistent', '--out', out);
      expect([code, value.made.length, value.made[0]!.slices]).toEqual([0, 1, 2]);
      expect(value.made[0]!.meter.maxRmse).toBeLessThan(900 * (0.5 / 255));
    }
    const [a, b] = outs.map((o) => readFileSync(join(o, readdirSync(o)[0]!)));
    expect(a!.equals(b!)).toBe(true);
    const header = new DataView(gunzipSync(a!).buffer);
    expect([1, 2, 3].map((i) => header.getInt16(40 + 2 * i, true))).toEqual([56, 48, 2]);
    expect(header.getFloat32(80, true)).toBeCloseTo(0.4, 6);
  });

  it('enhance: DICOM in, derived DICOM out, marked synthetic, half-pixel geometry', async () => {
    const source = makeSlice({ width: 32, height: 24 });
    const input = join(folder, 'dicom-in'), out = join(folder, 'dicom-out');
    mkdirSync(input);
    writeFileSync(join(input, '1.dcm'), derivedDicom(source, { softwareVersion: '0', info: null }).bytes);
    const { code } = await json(enhance, input, '--model', 'sr-mr-x2', '--out', out);
    expect(code).toBe(0);
    const decoder = createNodeDecoder(1);
    try {
      const { series } = await importFiles(readInputs([out], () => undefined), { decoder });
      const made = await series[0]!.loadSlice(0);
      const attributes = made.source.kind === 'dicom' ? made.source.attributes : {};
      expect([made.raster.width, made.raster.height, stringOf(attributes, '0008001C'), numberOf(attributes, '00280100')]).toEqual([64, 48, 'YES', 16]);
      expect(stringOf(attributes, '00080008')).toBe('DERIVED');
      expect(numbersOf(attributes, '00280030')).toEqual(source.pixelSpacingMm!.map((v) => v / 2));
      const g = source.geometry!, [row, column] = source.pixelSpacingMm!;
      for (const k of [0, 1, 2] as const) expect(made.geometry!.positionMm[k]).toBeCloseTo(g.positionMm[k] - 0.25 * (column * g.rowDirection[k] + row * g.columnDirection[k]), 4);
    } finally {
      decoder.dispose();
    }
  });

  it('explain writes the map on the input’s grid with its scores', async () => {
    const input = await niftiFile('t2.nii.gz'), out = join(folder, 'map');
    const { code, value } = await json<{ method: string; faithfulness: { versusRandom: number }; files: string[]; box: { width: number } }>(explain, input, '--model', 'sr-mr-x2', '--roi', '20,20,8,8', '--slice', '2', '--method', 'lam', '--steps', '10', '--out', out);
    expect([code, value.method]).toEqual([0, 'lam']);
    expect(value.faithfulness.versusRandom).toBeGreaterThan(0);
    const map = gunzipSync(readFileSync(join(out, value.files[0]!)));
    expect([map.readInt16LE(42), map.readInt16LE(44), map.readInt16LE(70)]).toEqual([28, 24, 16]);
  });

  it('evaluate sr measures 16-bit pictures by every method, with intervals', async () => {
    const data = join(folder, 'pictures');
    mkdirSync(data);
    for (const seed of [1, 2]) {
      const image = phantom(48, 40, seed);
      writeFileSync(join(data, `t1-${seed}.png`), encode({ width: 40, height: 48, depth: 16, channels: 1, data: Uint16Array.from(image.data, (v) => Math.max(0, Math.round(v * 2000))) }));
    }
    writeFileSync(join(data, 't1-1_mask.png'), encode({ width: 40, height: 48, depth: 8, channels: 1, data: new Uint8Array(40 * 48).fill(255) }));
    const { code, value } = await json<{ skipped: string[]; table: { track: string; seriesCount: number; methods: Record<string, { psnr: { mean: number; low: number; high: number }; gain: { mean: number } }> }[] }>(evaluate, 'sr', '--model', 'sr-mr-x2', '--data', data);
    expect([code, value.table.map((t) => [t.track, t.seriesCount])]).toEqual([0, [['bicubic', 2], ['kspace', 2]]]);
    expect(value.skipped).toEqual(['t1-1_mask.png']);
    const { methods } = value.table[0]!;
    expect(methods.bicubic!.gain.mean).toBe(0);
    expect(methods.faithful!.gain.mean).toBeGreaterThan(0.5);
    expect(methods.faithful!.psnr.low).toBeLessThanOrEqual(methods.faithful!.psnr.mean);
  });

  it('wrong use is named', async () => {
    await expect(enhance(['--model', 'sr-mr-x2', '--out', folder])).rejects.toThrow('cli/usage: no input given');
    await expect(enhance(['x', '--model', 'sr-mr-x2', '--out', folder, '--perceptual', '2'])).rejects.toThrow('cli/usage: --perceptual takes a number from 0 to 1');
    await expect(enhance(['x', '--model', 'none', '--out', folder])).rejects.toThrow('model/unknown');
    await expect(explain(['x', '--model', 'sr-mr-x2', '--out', folder, '--roi', '1,2,3'])).rejects.toThrow('cli/usage');
    await expect(evaluate(['magic'])).rejects.toThrow('cli/usage');
    await expect(explain(['x', '--model', 'sr-mr-x2', '--roi', '1,2,3,4', '--out', '--json']), '--json is no folder').rejects.toThrow('--out needs a value');
  });
});
