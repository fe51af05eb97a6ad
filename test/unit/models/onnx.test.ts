import { describe, expect, it } from 'vitest';
import { inspectOnnx } from '../../../src/models';
import { fromHalf, randomiseWeights, toHalf } from '../../../src/models/randomise';
import { doublingModel, linearModel, onnxModel } from '../../fixtures/onnx';
import { hasShipped, readShipped } from '../../fixtures/models';

describe('ONNX inspection', () => {
  it('reads ports, weights, operators and the operator set', () => {
    const s = inspectOnnx(doublingModel([1, 2, 3, 4, 5, 6, 7, 8, 9]).gradient);
    expect(s.opset).toBe(18);
    expect(s.inputs.map((p) => [p.name, p.elementType, p.dims])).toEqual([['image', 1, [1, 1, 'H', 'W']], ['cotangent', 1, [1, 1, '2H', '2W']]]);
    expect(s.outputs.map((p) => p.name)).toEqual(['grad_image', 'output']);
    expect(s.weights.map((w) => [w.name, w.dims])).toEqual([['w', [4, 1, 3, 3]], ['hot', [4, 1, 2, 2]]]);
    expect([...s.operators].sort()).toEqual(['Conv', 'ConvTranspose', 'DepthToSpace']);
    expect(s.externalData).toBe(false);
  });

  it('sees weights that lie in other files', () => {
    const file = onnxModel({ nodes: [{ op: 'Identity', inputs: ['w'], outputs: ['output'] }], weights: [{ name: 'w', dims: [1], values: [], external: true }], inputs: {}, outputs: { output: [1] } });
    expect(inspectOnnx(file).externalData).toBe(true);
  });

  it('refuses what is not ONNX, at every length it may be cut', () => {
    const file = linearModel([1, 2, 3, 4, 5, 6, 7, 8, 9]).forward;
    for (let n = 0; n < file.length - 8; n++) expect(() => inspectOnnx(file.subarray(0, n))).toThrow('model/invalid');
    expect(() => inspectOnnx(new TextEncoder().encode('<html>not a model</html>'))).toThrow('model/invalid');
  });
});

describe('weight randomisation', () => {
  it('float16 round-trips every finite bit pattern', () => {
    const all = Array.from({ length: 0x7c00 }, (_, bits) => bits);
    expect(all.filter((bits) => toHalf(fromHalf(bits)) !== bits)).toEqual([]);
    expect(all.slice(1).filter((bits) => toHalf(fromHalf(bits | 0x8000)) !== (bits | 0x8000))).toEqual([]);
    expect(toHalf(1e9)).toBe(0x7bff);
  });

  it('changes flipped copies alike, keeps the deviation, and leaves one-hot kernels alone', () => {
    const kernel = Array.from({ length: 25 }, (_, i) => ((i * 7) % 25) / 10 - 1);
    const { forward, gradient } = linearModel(kernel);
    const valuesOf = (file: Uint8Array, name: string) => {
      const w = inspectOnnx(file).weights.find((x) => x.name === name)!;
      return [...new Float32Array(file.slice(w.start, w.end).buffer)];
    };
    const f = valuesOf(randomiseWeights(forward, 1, 7), 'w');
    const g = randomiseWeights(gradient, 1, 7);
    expect(valuesOf(g, 'w')).toEqual(f);
    expect(valuesOf(g, 'f')).toEqual([...f].reverse());
    expect(f).not.toEqual(kernel);
    const deviation = Math.sqrt(f.reduce((s, v) => s + v * v, 0) / f.length);
    expect(deviation).toBeGreaterThan(0.3);
    expect(deviation).toBeLessThan(1.5);
    const doubled = doublingModel(kernel);
    expect(valuesOf(randomiseWeights(doubled.gradient, 1, 7), 'hot')).toEqual(valuesOf(doubled.gradient, 'hot'));
  });

  it.skipIf(!hasShipped('sr-mr-x2.onnx'))('goes from the output backwards in a shipped model, in forward and gradient graph alike', async () => {
    const forward = await readShipped('sr-mr-x2.onnx'), gradient = await readShipped('sr-mr-x2-gradient.onnx');
    const changed = (file: Uint8Array, fraction: number) => {
      const out = randomiseWeights(file, fraction, 1);
      return inspectOnnx(file).weights.filter((w) => file.subarray(w.start, w.end).some((v, i) => v !== out[w.start + i])).map((w) => w.name);
    };
    const all = changed(forward, 1), half = changed(forward, 0.5);
    expect(half.length).toBeGreaterThan(0);
    expect(half).toEqual(all.slice(all.length - half.length));
    expect(changed(gradient, 1).length).toBeGreaterThanOrEqual(2 * all.length - 1);
  });
});
