// Serves the built studio on localhost with its security headers. `node scripts/serve.mjs [--port N] [--plain]`;
// --plain sends no security headers, as a static host without configuration would (for tests of the service worker).
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import sirv from 'sirv';
import { SECURITY_HEADERS } from './headers.mjs';

/** VERISIM_DIST: a build that lies elsewhere. */
const DIST = resolve(process.env.VERISIM_DIST ?? resolve(import.meta.dirname, '../dist'));
const TYPES = { '.mjs': 'text/javascript', '.onnx': 'application/octet-stream', '.wasm': 'application/wasm', '.dcm': 'application/dicom' };

/** Starts the server; resolves with its address and a way to stop it. Port 0 takes a free one; `dev` reads files anew each time. */
export async function serve({ port = 4173, plain = false, host = '127.0.0.1', dist = DIST, dev = false } = {}) {
  if (!existsSync(`${dist}/index.html`)) throw new Error('dist/ is missing: run `npm run build` first.');
  const files = sirv(dist, {
    brotli: true, gzip: true, etag: true, dev,
    setHeaders(response, pathname) {
      const type = TYPES[pathname.slice(pathname.lastIndexOf('.'))];
      if (type) response.setHeader('Content-Type', type);
      response.setHeader('Cache-Control', pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const server = createServer((request, response) => {
    if (!plain) for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range && Number(range[2]) < Number(range[1])) delete request.headers.range;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405).end();
      return;
    }
    files(request, response, () => response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found'));
  });
  await new Promise((done, fail) => server.once('error', fail).listen(port, host, done));
  const address = `http://localhost:${server.address().port}/`;
  return { address, close: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf('--port');
  const wanted = at > 0 ? Number(process.argv[at + 1]) : Number(process.env.PORT ?? 4173);
  let running;
  try {
    running = await serve({ port: wanted, plain: process.argv.includes('--plain') });
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    running = await serve({ port: 0, plain: process.argv.includes('--plain') });
  }
  console.log(`Verisim Studio: ${running.address}\nResearch and teaching, not for diagnosis. Nothing leaves this machine. Ctrl+C ends it.`);
}
