// Vite plugin: builds src/sw.ts into dist/sw.js after everything else is written, with the list of this version's
// files and sizes put in, and writes the brotli and gzip copies that `npm start` serves.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

function walk(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));
}

/** What the first paint needs, read from the built page. */
function shellOf(html) {
  return ['index.html', ...[...html.matchAll(/(?:src|href)="\.?\/?([^"#:]+\.(?:js|css|woff2|svg|webmanifest))"/g)].map((m) => m[1])];
}

export function serviceWorker() {
  let root = '';
  let outDir = '';
  return {
    name: 'verisim-service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      outDir = resolve(root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        // A build that failed comes here too; its own error is the one to show.
        if (!existsSync(join(outDir, 'index.html'))) return;
        const all = walk(outDir).map((path) => ({ file: relative(outDir, path).replaceAll('\\', '/'), bytes: statSync(path).size }))
          .filter(({ file }) => !/(^sw\.js$|\.(map|br|gz)$)/.test(file)).sort((a, b) => (a.file < b.file ? -1 : 1));
        const hash = createHash('sha256');
        for (const { file } of all) hash.update(file).update(readFileSync(join(outDir, file)));
        const html = readFileSync(join(outDir, 'index.html'), 'utf8');
        const precache = { version: hash.digest('hex').slice(0, 12), shell: shellOf(html), all };
        const missing = precache.shell.filter((file) => !all.some((f) => f.file === file));
        if (missing.length) throw new Error(`service worker: ${missing.join(', ')} is named in index.html but was not built`);
        await build({
          configFile: false, root, logLevel: 'warn', publicDir: false,
          define: { __PRECACHE__: JSON.stringify(precache) },
          build: { outDir, emptyOutDir: false, copyPublicDir: false, lib: { entry: join(root, 'src/sw.ts'), formats: ['iife'], name: 'sw', fileName: () => 'sw.js' }, target: 'es2023' },
        });
        for (const path of walk(outDir)) {
          if (!/\.(js|mjs|css|html|json|wasm|svg|webmanifest)$/.test(path)) continue;
          const bytes = readFileSync(path);
          if (bytes.length < 1024) continue;
          const quality = bytes.length > 500_000 ? 5 : 10;
          writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
          writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 6 }));
        }
      },
    },
  };
}
