// OHIF as somebody else's viewer: fetches its built app (npm package @ohif/app, MIT; only dist/ is used) into
// .cache/ohif once, and serves it with a configuration that opens local files only. Used by test/browser/ohif.test.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import sirv from 'sirv';

const OHIF_VERSION = '3.13.2';
const cache = resolve(import.meta.dirname, '../.cache/ohif');
const dist = join(cache, OHIF_VERSION, 'dist');

/** Where the built app lies, or a sentence that says why it is not there (50 MB are fetched only where that is asked for). */
export function ensureOhif() {
  if (existsSync(join(dist, 'index.html'))) return { dist };
  if (!process.env.CI && !process.env.VERISIM_OHIF) {
    return { reason: `OHIF is not in .cache/ohif: set VERISIM_OHIF=1 to fetch @ohif/app@${OHIF_VERSION} (50 MB) from the registry once` };
  }
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    // VERISIM_OHIF may also name a tarball that is there already.
    let tarball = process.env.VERISIM_OHIF ?? '';
    if (!existsSync(tarball)) {
      execFileSync('npm', ['pack', `@ohif/app@${OHIF_VERSION}`, '--silent', '--pack-destination', work], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 });
      tarball = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '');
    }
    execFileSync('tar', ['xzf', tarball, '-C', work], { timeout: 120_000 });
    rmSync(join(cache, OHIF_VERSION), { recursive: true, force: true });
    renameSync(join(work, 'package'), join(cache, OHIF_VERSION));
    return { dist };
  } catch (error) {
    return { reason: `OHIF could not be fetched: ${error.message.split('\n')[0]}` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The package's own configuration has no source for local files; this one has nothing else. */
const CONFIG = `window.config = {
  name: 'local files only', routerBasename: null, extensions: [], modes: [], showStudyList: true, showErrorDetails: 'always',
  customizationService: {}, maxNumberOfWebWorkers: 2, showWarningMessageForCrossOrigin: false, showCPUFallbackMessage: false,
  showLoadingIndicator: true, strictZSpacingForVolumeViewport: true, disableConfirmationPrompts: true,
  investigationalUseDialog: { option: 'never' }, studyPrefetcher: { enabled: false },
  maxNumRequests: { interaction: 20, thumbnail: 2, prefetch: 2 },
  defaultDataSourceName: 'dicomlocal',
  dataSources: [{ namespace: '@ohif/extension-default.dataSourcesModule.dicomlocal', sourceName: 'dicomlocal', configuration: { friendlyName: 'local files' } }],
};\n`;

/** Serves OHIF on localhost with isolation; every path that is no file gives the page. */
export async function serveOhif({ port = 0 } = {}) {
  const found = ensureOhif();
  if (!found.dist) throw new Error(found.reason);
  const files = sirv(found.dist, { single: true, dev: false, etag: true });
  const server = createServer((request, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    const path = new URL(request.url, 'http://localhost').pathname;
    if (path === '/app-config.js') response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(CONFIG);
    // Its service worker would only get in a test's way.
    else if (path === '/init-service-worker.js') response.writeHead(200, { 'Content-Type': 'text/javascript' }).end('');
    else files(request, response, () => response.writeHead(404).end());
  });
  await new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  return { address: `http://localhost:${server.address().port}/`, close: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { address } = await serveOhif({ port: Number(process.env.PORT ?? 4180) });
  console.log(`OHIF ${OHIF_VERSION} for local files: ${address}local`);
}
