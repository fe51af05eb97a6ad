import { reviewStore } from './review';

/** Opens the set that the Dataset panel finished, now or on an earlier visit, where no other is open. */
export async function openBuiltSet(): Promise<void> {
  if (reviewStore.getState().source) return;
  const build = await import('./datasetBuild');
  await build.findSet();
  if (build.buildStore.getState().phase === 'complete') await build.reviewSet();
}
