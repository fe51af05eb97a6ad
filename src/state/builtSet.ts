import { reviewStore } from './review';

/** Opens the set that the Dataset panel finished, now or on an earlier visit, unless it or a folder is open already. */
export async function openBuiltSet(): Promise<void> {
  const { source } = reviewStore.getState();
  if (source && !source.jobId) return;
  const build = await import('./datasetBuild');
  await build.findSet();
  const { phase, job } = build.buildStore.getState();
  if (phase === 'complete' && job!.id !== source?.jobId) await build.reviewSet();
}
