import type { DicomAttributes } from '../core/dicomJson';
import type * as exportPipeline from '../pipeline/exportSlice';
import type { LabelledImage } from '../pipeline/exportLabels';
import type { ExportedFile } from '../pipeline/exportSlice';
import { download } from './download';
import { runJob } from './jobs';
import { derivedOf } from './library';
import { announce, postError, postNotice } from './notices';
import { services } from './services';
import { generatedOf, stageStore } from './stage';
import { say } from './strings/say';

/** Key of this session for pseudonyms and UIDs; never in an export. */
let key: Uint8Array | null = null;
export function projectKey(): Uint8Array {
  key ??= crypto.getRandomValues(new Uint8Array(32));
  return key;
}
export const restoreProjectKey = (bytes: Uint8Array): void => void (key = bytes);

/** What labels need of a written file. */
const withoutPixels = ({ '7FE00010': _, ...attributes }: DicomAttributes): DicomAttributes => attributes;

function hand(blob: Blob, name: string): void {
  download(blob, name);
  announce(say('exported.file', { name }));
}
const handFile = ({ bytes, type, name }: ExportedFile): void => hand(new Blob([bytes], { type }), name);

async function withGenerated(work: (pipeline: Pick<typeof exportPipeline, 'exportDicom' | 'exportPng' | 'exportVolumes' | 'sharedGrid' | 'zipAsMade'>, name: string) => Promise<void> | void): Promise<void> {
  const derived = derivedOf(stageStore.getState().derivedId);
  if (!derived) return;
  try {
    await work(await import('../pipeline/exportSlice'), derived.name);
  } catch (error) {
    postError(error, derived.name);
  }
}

/** The generated slice on the stage. Identifiers are replaced by default. */
export function exportDicomSlice(): Promise<void> {
  return withGenerated(({ exportDicom, sharedGrid }, name) => {
    const stage = stageStore.getState();
    const result = generatedOf(stage);
    if (!result) return;
    const rescale = sharedGrid([result.slice, ...[...derivedOf(stage.derivedId)!.results.values()].map((r) => r.slice)]);
    handFile(exportDicom(result.slice, { softwareVersion: services().softwareVersion, key: projectKey(), instanceNumber: stage.shownIndex + 1, seriesDescription: name, ...(rescale ? { rescale } : {}) }));
  });
}

export function exportPngSlice(): Promise<void> {
  return withGenerated(({ exportPng }, name) => {
    const stage = stageStore.getState();
    const result = generatedOf(stage);
    if (result) handFile(exportPng(result.slice, `${name}-${stage.shownIndex + 1}`));
  });
}

export function exportDicomSeries(): Promise<void> {
  return withGenerated(async ({ exportDicom, sharedGrid, zipAsMade }, name) => {
    const derived = derivedOf(stageStore.getState().derivedId)!;
    const results = [...derived.results].sort(([a], [b]) => a - b);
    await runJob({ name: say('job.exporting', { name }), kind: 'export', total: results.length, summary: () => say('job.exported', { n: results.length }) }, async ({ signal, progress }) => {
      const options = { softwareVersion: services().softwareVersion, key: projectKey() };
      const rescale = sharedGrid(results.map(([, result]) => result.slice));
      let stem = 'series';
      async function* files(): AsyncGenerator<ExportedFile> {
        const labelled: LabelledImage[] = [];
        for (const [index, result] of results) {
          signal.throwIfAborted();
          const file = exportDicom(result.slice, { ...options, instanceNumber: index + 1, seriesDescription: name, ...(rescale ? { rescale } : {}) });
          if (labelled.length === 0) stem = file.name.replace(/-\d{4}\.dcm$/, '');
          yield file;
          labelled.push({ attributes: withoutPixels(file.attributes), labels: result.slice.labels ?? [] });
          progress(labelled.length, results.length);
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        const { exportLabels } = await import('../pipeline/exportLabels');
        yield* exportLabels(labelled, [], name, { ...options, algorithm: results[0]?.[1].info.model?.id ?? 'studio' });
      }
      const zip = await zipAsMade(files());
      hand(zip, `${stem}.zip`);
    });
  });
}

export function exportNiftiSeries(): Promise<void> {
  return withGenerated(({ exportVolumes }, name) => {
    const derived = derivedOf(stageStore.getState().derivedId)!;
    const results = [...derived.results].sort(([a], [b]) => a - b);
    if (results.length < derived.total) postNotice({ level: 'note', happened: say('exported.part', { n: results.length, total: derived.total }), todo: say('exported.part.todo') });
    handFile(exportVolumes(results.map(([, r]) => r.slice), name));
  });
}
