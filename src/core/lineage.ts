import type { AugmentationInfo, SliceSource } from './slice';

/** A source that no model made: a file. */
export type FileSource = Exclude<SliceSource, { kind: 'generated' }>;

/** The file a slice goes back to, through any number of generated steps. */
export function rootSource(source: SliceSource): FileSource {
  return source.kind === 'generated' ? rootSource(source.from) : source;
}

/** What was done to the file's pixels, first step first; empty for a slice as it was read. */
export function lineageOf(source: SliceSource): readonly AugmentationInfo[] {
  return source.kind === 'generated' ? [...lineageOf(source.from), source.augmentation] : [];
}

/** The steps before `last`; all of them where `last` is of a run whose pixels carry no step of their own (transforms). */
export function earlierSteps(source: SliceSource, last: AugmentationInfo | null): readonly AugmentationInfo[] {
  const steps = lineageOf(source);
  const end = steps.at(-1);
  return end && (end === last || end.model?.sha256 === last?.model?.sha256) ? steps.slice(0, -1) : steps;
}
