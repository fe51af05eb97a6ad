import { describe, expect, it } from 'vitest';
import { createEngine, type EngineHost, type OrtModule } from '../../../src/inference/engine';
import { goldenImage } from '../../fixtures/golden';
import { linearModel } from '../../fixtures/onnx';

/**
 * Choice of backend and what happens when it fails. Node has no WebGPU: the "graphics" build here is the CPU build, whose
 * runs are disturbed on purpose. The real one is tested in Chromium.
 */
const wasm = async (): Promise<OrtModule> => {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  return ort as unknown as OrtModule;
};
type Disturb = (run: number, data: Float32Array) => void;

function hostWith(disturb: Disturb, adapter: 'none' | 'software' | 'hardware' = 'hardware'): EngineHost {
  let runs = 0;
  return {
    loadWasm: wasm,
    async loadWebgpu() {
      const ort = await wasm();
      return {
        Tensor: ort.Tensor,
        InferenceSession: {
          async create(bytes, options) {
            const onGpu = JSON.stringify(options.executionProviders).includes('webgpu');
            if (onGpu) expect(options.executionProviders).toEqual([{ name: 'webgpu', preferredLayout: 'NCHW' }]);
            const session = await ort.InferenceSession.create(bytes, { ...options, executionProviders: ['wasm'] });
            if (!onGpu) return session;
            const run = session.run.bind(session);
            session.run = (async (feeds: never) => {
              const results = await run(feeds);
              for (const t of Object.values(results)) disturb(runs, t.data as Float32Array);
              runs++;
              return results;
            }) as typeof session.run;
            return session;
          },
        },
      };
    },
    probeAdapter: async () => adapter,
    now: () => 0,
  };
}

const ref = { modelId: 'linear', variant: 'default', graph: 'forward' as const };
const trial = { image: [1, 1, 24, 24] };
const image = { data: goldenImage(6, 5, 1).data, dims: [1, 1, 6, 5] };
const bytes = linearModel([2]).forward;
const right = [...image.data.map((v) => 2 * v)];

async function job(host: EngineHost, request: Parameters<ReturnType<typeof createEngine>['init']>[0] = { prefer: 'auto', threads: 1 }, input = image) {
  const engine = createEngine(host);
  const first = await engine.init(request);
  const loaded = await engine.load(ref, bytes, trial);
  const run = await engine.run(ref, { image: input });
  return { engine, first, loaded, run, values: [...run.outputs.output!.data] };
}

describe('choice of backend', () => {
  it('WebGPU where a real adapter agrees with the CPU', async () => {
    const { first, run, values } = await job(hostWith(() => undefined));
    expect([first.backend, run.backend, run.reason]).toEqual(['webgpu', 'webgpu', undefined]);
    expect(values).toEqual(right);
  });

  it.each(['none', 'software'] as const)('WASM where the adapter is %s, with the reason', async (adapter) => {
    const { first, run } = await job(hostWith(() => undefined, adapter));
    expect([first.backend, run.backend]).toEqual(['wasm', 'wasm']);
    expect(run.reason).toMatch(adapter === 'none' ? /no WebGPU adapter/ : /software/);
  });

  it('a software adapter is used when that is asked for, and none when a missing one is simulated', async () => {
    expect((await job(hostWith(() => undefined, 'software'), { prefer: 'auto', threads: 1, forceSoftwareGpu: true })).run.backend).toBe('webgpu');
    expect((await job(hostWith(() => undefined), { prefer: 'webgpu', threads: 1, simulate: 'no-adapter' })).run.backend).toBe('wasm');
    const refused = await job(hostWith(() => undefined), { prefer: 'webgpu', threads: 1, simulate: 'session-fails' });
    expect([refused.run.backend, refused.run.reason]).toEqual(['wasm', expect.stringMatching(/no session/)]);
    expect((await job(hostWith(() => undefined), { prefer: 'wasm', threads: 1 })).run.reason).toBeUndefined();
  });

  it('a backend that computes other values is refused', async () => {
    const { loaded, run, values } = await job(hostWith((_, data) => (data[7]! += 0.01)));
    expect([loaded.backend, run.backend]).toEqual(['wasm', 'wasm']);
    expect(run.reason).toMatch(/other values/);
    expect(values).toEqual(right);
  });
});

describe('failures in the middle of a job', () => {
  // Run 0 is the comparison at load.
  it.each([
    ['lost', (run: number) => { if (run >= 1) throw new Error('device lost'); }, /lost/],
    ['gives zeros', (run: number, data: Float32Array) => void (run >= 1 && data.fill(0)), /empty images/],
    ['gives NaN', (run: number, data: Float32Array) => void (run >= 1 && data.fill(NaN)), /empty images/],
  ] as [string, Disturb, RegExp][])('the device %s: the same run ends right on WASM, and everything after it', async (_, disturb, reason) => {
    const { engine, run, values } = await job(hostWith(disturb));
    expect([run.backend, values]).toEqual(['wasm', right]);
    expect(run.reason).toMatch(reason);
    const next = await engine.run(ref, { image });
    expect([next.backend, [...next.outputs.output!.data]]).toEqual(['wasm', right]);
    expect(next.reason).toMatch(reason);
  });

  it('zeros are right where the CPU gives zeros too', async () => {
    const engine = createEngine(hostWith(() => undefined));
    await engine.init({ prefer: 'auto', threads: 1 });
    await engine.load({ ...ref, modelId: 'zero' }, linearModel([0]).forward, trial);
    const run = await engine.run({ ...ref, modelId: 'zero' }, { image });
    expect([run.backend, run.outputs.output!.data.every((v) => v === 0)]).toEqual(['webgpu', true]);
  });
});
