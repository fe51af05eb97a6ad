// UpscalerJS's esrgan-slim on tfjs's WASM backend, one thread: what `npm run bench -- upscaler` compares with.
// The network, its weights and its value ranges are the package's own; the wrapper `upscaler` adds only resizing of
// HTML images and tiling, so that leaving it out is in their favour.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const require = createRequire(import.meta.url);

async function start() {
  if (tf.getBackend() === 'wasm') return;
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // the SIMD build without threads
  setThreadsCount(1);
  setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist')}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WASM backend of tfjs did not start');
  await tf.ready();
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('tfjs found no SIMD: the comparison would not be fair');
}

/**
 * Enlarges a grey image, values 0…255 in and out (row-major, width × height in, scale² times as many out).
 * @param {number} scale 2 or 4
 * @returns {Promise<(grey: Float32Array, width: number, height: number) => Promise<Float32Array>>}
 */
export async function loadTheirs(scale) {
  await start();
  const { inputRange, outputRange, _internals } = require(`@upscalerjs/esrgan-slim/${scale}x`);
  if (String([inputRange, outputRange]) !== '0,255,0,255') throw new Error('esrgan-slim takes other values than 0…255');
  const folder = join(dirname(require.resolve('@upscalerjs/esrgan-slim/2x')), '../../../../../..');
  const json = JSON.parse(await readFile(join(folder, _internals.path), 'utf8'));
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = await readFile(join(folder, dirname(_internals.path), paths[0]));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const model = await loadLayersModel({ load: async () => ({ modelTopology: json.modelTopology, weightSpecs: weights, weightData }) });
  return async (grey, width, height) => {
    const out = tf.tidy(() => {
      const image = tf.tensor4d(grey, [1, height, width, 1]);
      return tf.clipByValue(tf.mean(model.predict(tf.concat([image, image, image], 3)), 3), 0, 255);
    });
    const data = await out.data();
    out.dispose();
    return data;
  };
}
