import './trustedTypes';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Compose } from './pipeline/compose';
import { loadSamples } from './state/open';
import { startOffline } from './state/offline';
import { provideServices } from './state/services';
import { settingsStore } from './state/settings';
import { App } from './ui/shell/App';
import './ui/styles/index.css';
import { makeBatchEngine, makeDecoder, makeEngine, makeRecipeEngine } from './engine.browser';
import { version } from '../package.json';

const baseUrl = new URL(import.meta.env.BASE_URL, document.baseURI).href;
document.documentElement.dataset.theme = settingsStore.getState().theme;

const engine = makeEngine(baseUrl);
const compose: Compose = (request) => import('./pipeline/compose.browser').then(({ composeInWorker }) => composeInWorker(request));
provideServices({ engine, recipeEngine: makeRecipeEngine(engine), batchEngine: makeBatchEngine(engine), decoder: makeDecoder(), compose, softwareVersion: version, baseUrl });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

// After the first paint: samples, and the service worker.
requestIdleCallback(() => {
  loadSamples().catch(() => undefined); // Offline without samples: the cards stay, opening one says why it fails.
  void startOffline(baseUrl);
  void import('./state/labels').then(({ startLabels }) => startLabels());
  void import('./state/session').then(({ startSession }) => startSession());
});
