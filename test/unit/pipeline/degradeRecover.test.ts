import { describe, expect, it } from 'vitest';
import { createNodeInfer } from '../../../src/inference/node';
import { loadManifest } from '../../../src/models';
import { degradeRecover, type Recovery } from '../../../src/pipeline/degradeRecover';
import { psnr } from '../../../src/core/metrics';
import { makeRaster } from '../../../src/core/raster';
import type { EngineContext } from '../../../src/pipeline/enhance';
import { doublingModel } from '../../fixtures/onnx';
import { hasShipped, readShipped, registryOf } from '../../fixtures/models';
import { phantom } from '../../fixtures/phantom';
import { makeSlice, sliceOf } from '../../fixtures/memorySeries';

const models = registryOf([{ entry: { id: 'double', scale: 2, halo: 1 }, variants: { faithful: doublingModel(), perceptual: doublingModel() } }]);
const context: EngineContext = { infer: createNodeInfer(models), models, softwareVersion: '0.1.0' };
const slice = sliceOf(phantom(64, 60, 4), 1000);

describe('degrade and recover', () => {
  it('gives all methods in turn, classical ones first; a repeating model equals nearest', async () => {
    const seen: string[] = [];
    const { recoveries, reduced, unit } = await degradeRecover(slice, { scale: 2, track: 'bicubic', modelId: 'double', onRecovery: (r) => seen.push(r.method) }, context);
    expect(seen).toEqual(['nearest', 'bicubic', 'lanczos', 'zero-fill', 'faithful', 'perceptual']);
    const by = (m: string) => recoveries.find((r) => r.method === m) as Recovery;
    expect(by('faithful').psnr).toBe(by('nearest').psnr);
    expect(by('bicubic').psnr).toBeGreaterThan(by('nearest').psnr);
    expect(by('bicubic').error.data[100]).toBeCloseTo(by('bicubic').slice.raster.data[100]! - slice.raster.data[100]!, 3);
    for (const r of recoveries) expect([r.slice.raster.width, r.slice.raster.height, r.ssim <= 1, r.haarPsi <= 1]).toEqual([60, 64, true, true]);
    expect([reduced.raster.width, reduced.raster.height, reduced.pixelSpacingMm, unit]).toEqual([30, 32, [1.6, 1.6], 'grey levels']);
    expect(reduced.geometry!.positionMm[0]).toBeCloseTo(-100 + 0.4, 9);
  });

  it('zero-filling gives a band-limited slice back exactly', async () => {
    const wave = sliceOf({ ...phantom(32, 32, 1), data: Float32Array.from({ length: 1024 }, (_, i) => 0.5 + 0.25 * Math.cos((2 * Math.PI * 3 * (i % 32)) / 32)) }, 4000);
    const { recoveries } = await degradeRecover({ ...wave, raster: { ...wave.raster, data: wave.raster.data.map((_, i) => 2000 + 1000 * Math.cos((2 * Math.PI * 3 * (i % 32)) / 32)) }, stored: null }, { scale: 2, track: 'kspace', modelId: null }, context);
    expect(recoveries.map((r) => r.method)).toEqual(['nearest', 'bicubic', 'lanczos', 'zero-fill']);
    expect(recoveries[3]!.rmse).toBeLessThan(0.01);
  });

  it('padding is no error: it is neither compared nor counted, cropped or not', async () => {
    for (const side of [64, 65]) {
      const hu = Array.from({ length: side * side }, (_, i) => (Math.hypot((i % side) - 32, Math.floor(i / side) - 32) > 28 ? -2000 : 1064 + 20 * (i % 2)));
      const padded = makeSlice(hu, side, side, { modality: 'CT', raster: makeRaster(Float32Array.from(hu, (v) => v - 1024), side, side, 'HU'), stored: { data: Int16Array.from(hu), bitsStored: 16, slope: 1, intercept: -1024, padding: { low: -2000, high: -2000 } } });
      const { recoveries, original } = await degradeRecover(padded, { scale: 2, track: 'bicubic', modelId: null }, context);
      const outside = original.raster.data.map((v) => (v === -3024 ? 1 : 0));
      for (const r of recoveries) {
        expect(r.error.data.filter((v, i) => outside[i] && v !== 0)).toHaveLength(0);
        const inside = r.error.data.filter((_, i) => !outside[i]);
        expect(r.rmse).toBeCloseTo(Math.sqrt(inside.reduce((sum, v) => sum + v * v, 0) / inside.length), 2);
        expect(Math.max(...inside.map(Math.abs))).toBeLessThan(1100);
      }
    }
  });

  it('figures refer to the spread of the series, whatever the model normalises by', async () => {
    const [peak, range] = [{ low: 0, high: 900, source: 'percentile' }, { low: 0, high: 1, source: 'identity' }] as const;
    const { recoveries } = await degradeRecover(slice, { scale: 2, track: 'bicubic', modelId: 'double', range, peak }, context);
    for (const r of recoveries) expect(r.psnr).toBe(psnr(slice.raster, r.slice.raster, peak));
  });

  it('gives nothing more once it was cancelled, and does not end as if it were done', async () => {
    const seen: string[] = [];
    const controller = new AbortController();
    let begun = 0;
    const gate = async () => void (++begun === 4 && controller.abort()); // the last method is under way
    const run = degradeRecover(slice, { scale: 2, track: 'bicubic', modelId: null, onRecovery: (r) => seen.push(r.method) }, { ...context, signal: controller.signal, gate });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual(['nearest', 'bicubic', 'lanczos']);
  });

  it('crops to a multiple of the scale; refuses another scale', async () => {
    const { original } = await degradeRecover(slice, { scale: 7, track: 'bicubic', modelId: null }, context);
    expect([original.raster.width, original.raster.height]).toEqual([56, 63]);
    await expect(degradeRecover(slice, { scale: 4, track: 'bicubic', modelId: 'double' }, context)).rejects.toThrow('model/shape-mismatch');
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('the shipped model beats every classical method on track I', async () => {
    const shipped = await loadManifest(readShipped);
    const { recoveries } = await degradeRecover(slice, { scale: 2, track: 'bicubic', modelId: 'sr-mr-x2' }, { ...context, models: shipped, infer: createNodeInfer(shipped) });
    const faithful = recoveries.find((r) => r.method === 'faithful')!;
    for (const r of recoveries.slice(0, 4)) expect(faithful.psnr).toBeGreaterThan(r.psnr);
  });
});
