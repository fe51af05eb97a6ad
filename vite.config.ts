import { defineConfig, type Plugin } from 'vite';
import react from '@vitejs/plugin-react';
import { CSP_META, SECURITY_HEADERS } from './scripts/headers.mjs';
import { serviceWorker } from './scripts/vite-sw.mjs';

/** The policy also stands in the page, for the first load from a host that sends no headers. */
const cspMeta = (): Plugin => ({
  name: 'verisim-csp-meta',
  apply: 'build',
  transformIndexHtml: (html) =>
    html.replace('<meta charset="utf-8" />', `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${CSP_META}" />`),
});

/** The development server needs inline preambles and a socket; everything built runs under the strict policy. */
const isolation = Object.fromEntries(Object.entries(SECURITY_HEADERS).filter(([name]) => name !== 'Content-Security-Policy'));

export default defineConfig({
  base: './',
  plugins: [react(), cspMeta(), serviceWorker()],
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: { headers: isolation },
  preview: { headers: SECURITY_HEADERS },
});
