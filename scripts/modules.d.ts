declare module '*/serve.mjs' {
  export function serve(options?: { port?: number; plain?: boolean; host?: string; dist?: string; dev?: boolean }): Promise<{ address: string; close(): Promise<void> }>;
}
declare module '*/chromium.mjs' {
  export function findChromium(): string | undefined;
  export function ensureChromium(): string;
}
declare module '*/headers.mjs' {
  export const CSP_META: string;
  export const CSP_HEADER: string;
  export const SECURITY_HEADERS: Record<string, string>;
}
declare module '*/ohif.mjs' {
  export function ensureOhif(): { dist: string; reason?: undefined } | { dist?: undefined; reason: string };
  export function serveOhif(options?: { port?: number }): Promise<{ address: string; close(): Promise<void> }>;
}
declare module '*/vite-sw.mjs' {
  import type { Plugin } from 'vite';
  export function serviceWorker(): Plugin;
}
