import '../trustedTypes';
import wasmModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import gpuModuleUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import gpuBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { toStudioError } from '../core/errors';
import { createEngine, type OrtModule } from './engine';
import { holdLife } from './lifeLock';
import type { InferenceMessage, InferenceReply, InitReply } from './protocol';
import { createQueue } from './queue';

/** The browser's inference worker. The only place there that loads onnxruntime-web. */
const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const absolute = (url: string): string => new URL(url, scope.location.href).href;

interface AdapterLike {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean };
}
const webgpu = (scope.navigator as unknown as { gpu?: { requestAdapter(): Promise<AdapterLike | null> } }).gpu;

const engine = createEngine({
  async loadWasm(threads) {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.wasmPaths = { mjs: absolute(wasmModuleUrl), wasm: absolute(wasmBinaryUrl) };
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.initTimeout = 60_000; // without isolation headers its threads fail silently
    return ort as unknown as OrtModule;
  },
  async loadWebgpu() {
    const ort = await import('onnxruntime-web/webgpu');
    ort.env.wasm.wasmPaths = { mjs: absolute(gpuModuleUrl), wasm: absolute(gpuBinaryUrl) };
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.initTimeout = 60_000;
    return ort as unknown as OrtModule;
  },
  async probeAdapter() {
    const adapter = await webgpu?.requestAdapter().catch(() => null);
    if (!adapter) return 'none';
    return (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter) ? 'software' : 'hardware';
  },
  async destroyDevice(ort) {
    const device = await (ort as unknown as { env: { webgpu: { device: Promise<{ destroy(): void }> } } }).env.webgpu.device;
    device.destroy();
  },
  now: () => performance.now(),
});

const enqueue = createQueue();

function answer(message: InferenceMessage): Promise<unknown> {
  switch (message.kind) {
    case 'init': return Promise.all([engine.init(message.request), holdLife()]).then(([status, lifeLock]): InitReply => ({ ...status, lifeLock }));
    case 'load': return engine.load(message.request.ref, message.request.bytes, message.request.trial);
    case 'run': return engine.run(message.request.ref, message.request.inputs);
    case 'unload': return engine.unload(message.request.ref).then(() => null);
  }
}

scope.onmessage = (event: MessageEvent<InferenceMessage>) => {
  const message = event.data;
  void enqueue(async () => {
    let reply: InferenceReply;
    const transfer: Transferable[] = [];
    try {
      const value = await answer(message);
      if (message.kind === 'run') for (const t of Object.values((value as { outputs: Record<string, { data: Float32Array<ArrayBuffer> }> }).outputs)) transfer.push(t.data.buffer);
      reply = { id: message.id, ok: true, value };
    } catch (error) {
      const { code, message: text, detail } = toStudioError(error);
      reply = { id: message.id, ok: false, code, message: text, detail };
    }
    scope.postMessage(reply, transfer);
  });
};
