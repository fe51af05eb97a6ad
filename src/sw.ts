/**
 * Service worker: the studio offline, and the security headers on hosts that send none.
 * Written by hand: it must re-wrap every response (page, worker, cache hit) with the headers, refuse other origins,
 * and never force an update in the middle of work (a new version waits until the page says `update`).
 */
import { SECURITY_HEADERS } from '../scripts/headers.mjs';

interface SwScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: { waitUntil(p: Promise<unknown>): void }) => void): void;
  addEventListener(type: 'fetch', listener: (event: { request: Request; respondWith(r: Promise<Response>): void }) => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown; ports: readonly MessagePort[]; waitUntil(p: Promise<unknown>): void }) => void): void;
}
const scope = self as unknown as SwScope;

/** Filled in by the build: files of this version, with sizes; `shell` is what the first paint needs. */
declare const __PRECACHE__: { version: string; shell: string[]; all: { file: string; bytes: number }[] };
const precache = __PRECACHE__;
const CACHE = `verisim-${precache.version}`;
const base = scope.registration.scope;

/** The same body under our headers. Opaque and error responses pass as they are. */
function wrap(response: Response): Response {
  if (response.status === 0 || response.type === 'opaque') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
  const bodiless = [101, 204, 205, 304].includes(response.status);
  return new Response(bodiless ? null : response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Fetches one file past the HTTP cache and keeps it. */
async function keep(cache: Cache, file: string): Promise<void> {
  const url = new URL(file, base).href;
  const response = await fetch(url, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  await cache.put(url, response);
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.origin !== new URL(base).origin) return Response.error();
  const cache = await caches.open(CACHE);
  const navigation = request.mode === 'navigate';
  const key = navigation ? new URL('index.html', base).href : `${url.origin}${url.pathname}`;
  const hit = await cache.match(key);
  if (hit) return wrap(hit);
  try {
    const response = await fetch(request);
    const keepable = response.ok && response.status === 200 && precache.all.some(({ file }) => new URL(file, base).href === key);
    if (keepable) {
      const copy = response.clone();
      // Kept in the background; a full disk leaves the file to the network.
      void cache.put(key, copy).catch(() => undefined);
    }
    return wrap(response);
  } catch {
    return new Response('Offline, and this file has not been kept.', { status: 504, headers: { ...SECURITY_HEADERS, 'Content-Type': 'text/plain' } });
  }
}

/** Keeps every file of this version; reports bytes done to the port. */
async function keepAll(port: MessagePort | undefined): Promise<void> {
  const cache = await caches.open(CACHE);
  const total = precache.all.reduce((n, f) => n + f.bytes, 0);
  let done = 0;
  try {
    for (const { file, bytes } of precache.all) {
      if (!(await cache.match(new URL(file, base).href))) await keep(cache, file);
      done += bytes;
      port?.postMessage({ done, total });
    }
    port?.postMessage({ done: total, total, finished: true });
  } catch (error) {
    port?.postMessage({ done, total, failed: String(error) });
  }
}

async function status(port: MessagePort | undefined): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map((r) => r.url));
  let done = 0;
  let total = 0;
  for (const { file, bytes } of precache.all) {
    total += bytes;
    if (kept.has(new URL(file, base).href)) done += bytes;
  }
  port?.postMessage({ done, total });
}

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      for (const file of precache.shell) await keep(cache, file);
    }),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('verisim-') && name !== CACHE) await caches.delete(name);
      await scope.clients.claim();
    })(),
  );
});

scope.addEventListener('fetch', (event) => {
  if (event.request.method === 'GET') event.respondWith(answer(event.request));
});

scope.addEventListener('message', (event) => {
  const { kind } = event.data as { kind: 'keep-all' | 'status' | 'update' };
  const port = event.ports[0];
  if (kind === 'keep-all') event.waitUntil(keepAll(port));
  else if (kind === 'status') event.waitUntil(status(port));
  else if (kind === 'update') event.waitUntil(scope.skipWaiting());
});
