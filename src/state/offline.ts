import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { postNotice } from './notices';
import { say } from './strings/say';

/** What of the studio is kept on this machine for work without a server. */
export interface OfflineState {
  /** `unsupported`: no service worker here (private mode, plain http). */
  readonly phase: 'unsupported' | 'starting' | 'ready' | 'keeping' | 'complete';
  readonly bytesKept: number;
  readonly bytesTotal: number;
  /** A new version has been loaded and waits; it is offered, never forced. */
  readonly updateWaiting: boolean;
  /** False on hosts without isolation headers before the first reload: one thread only. */
  readonly isolated: boolean;
}

export const offlineStore = createStore<OfflineState>(() => ({ phase: 'starting', bytesKept: 0, bytesTotal: 0, updateWaiting: false, isolated: globalThis.crossOriginIsolated ?? false }));
export const useOffline = <T>(select: (state: OfflineState) => T): T => useStore(offlineStore, select);

interface Report {
  done: number;
  total: number;
  finished?: boolean;
  failed?: string;
}
let registration: ServiceWorkerRegistration | null = null;

/** Sends a message to the active worker; each report updates the store. */
function ask(kind: 'keep-all' | 'status'): Promise<Report> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Report>) => {
      offlineStore.setState({ bytesKept: data.done, bytesTotal: data.total });
      if (kind === 'status' || data.finished || data.failed) resolve(data);
    };
    registration?.active?.postMessage({ kind }, [port2]);
  });
}

/** Registers the worker of the built studio. Never throws: without it the studio works as long as its server does. */
export async function startOffline(baseUrl: string): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) {
    offlineStore.setState({ phase: 'unsupported' });
    return;
  }
  try {
    registration = await navigator.serviceWorker.register(`${baseUrl}sw.js`, { scope: baseUrl, type: 'classic' });
    const watch = () => {
      if (registration?.waiting && navigator.serviceWorker.controller) offerUpdate();
    };
    registration.addEventListener('updatefound', () => registration?.installing?.addEventListener('statechange', watch));
    watch();
    await navigator.serviceWorker.ready;
    const { done, total } = await ask('status');
    offlineStore.setState({ phase: done >= total && total > 0 ? 'complete' : 'ready' });
    if (!globalThis.crossOriginIsolated) {
      postNotice({
        level: 'note', happened: say('offline.oneThread'), todo: say('offline.oneThread.todo'),
        actions: [{ label: say('offline.reload'), run: () => location.reload() }],
      });
    }
  } catch {
    offlineStore.setState({ phase: 'unsupported' });
  }
}

/** Keeps models, codecs and samples on this machine. Resolves true when all of it is kept. */
export async function makeAvailableOffline(): Promise<boolean> {
  if (!registration?.active) return false;
  offlineStore.setState({ phase: 'keeping' });
  await navigator.storage?.persist?.();
  const report = await ask('keep-all');
  offlineStore.setState({ phase: report.finished ? 'complete' : 'ready' });
  if (report.failed) {
    postNotice({ level: 'warn', happened: say('offline.part'), todo: say('offline.part.todo', { reason: String(report.failed) }) });
  }
  return report.finished === true;
}

/** Offered once, never forced. */
function offerUpdate(): void {
  if (offlineStore.getState().updateWaiting) return;
  offlineStore.setState({ updateWaiting: true });
  postNotice({ level: 'note', happened: say('offline.newVersion'), todo: say('offline.newVersion.todo'), actions: [{ label: say('offline.newVersion.take'), run: takeUpdate }] });
}

/** Takes the version that waits: its worker takes over and the page reloads. Called by a click only. */
function takeUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  registration?.waiting?.postMessage({ kind: 'update' });
}
