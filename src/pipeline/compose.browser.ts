import { StudioError } from '../core/errors';
import { composeShown, type Compose, type Composed, type ComposeRequest } from './compose';
import { workerCalls } from './workerCalls.browser';

const call = workerCalls<ComposeRequest, Composed>(() => new Worker(new URL('./compose.worker.ts', import.meta.url), { type: 'module', name: 'compose' }));

/** `composeShown` in a worker of its own, so that the page stays smooth; here where that worker has crashed. */
export const composeInWorker: Compose = async (request, signal) => {
  try {
    return await call(request, signal);
  } catch (error) {
    if (error instanceof StudioError && error.code === 'worker/crashed') return composeShown(request);
    throw error;
  }
};
