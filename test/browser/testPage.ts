import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'vite';
import { serve } from '../../scripts/serve.mjs';

const root = resolve(import.meta.dirname, '../..');

/** Builds test/browser/pages/NAME.html as the studio is built, into .cache/NAME, and serves it with the studio's headers. */
export async function serveTestPage(name: string): ReturnType<typeof serve> {
  const pages = `${root}/test/browser/pages`;
  const dist = `${root}/.cache/${name}`;
  await build({
    configFile: false, root: pages, publicDir: `${root}/public`, logLevel: 'error', base: './',
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'development|production'] },
    worker: { format: 'es' },
    build: { outDir: dist, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, rollupOptions: { input: `${pages}/${name}.html` } },
  });
  copyFileSync(`${dist}/${name}.html`, `${dist}/index.html`);
  return serve({ port: 0, dist });
}
