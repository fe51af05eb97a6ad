import { download } from './download';
import { explainStore } from './explain';
import { announce, postError } from './notices';
import { stageStore, generatedOf } from './stage';
import { say } from './strings/say';

/** The map as float NIfTI on the grid of its side, and method and parameters as JSON beside it, in one ZIP. */
export async function exportMap(): Promise<void> {
  const { map, result, view, region } = explainStore.getState();
  const stage = stageStore.getState();
  const generated = generatedOf(stage);
  const slice = map?.side === 'generated' ? generated?.slice : stage.original;
  if (!map || !slice) return;
  try {
    const { exportMapFiles } = await import('../pipeline/exportSlice');
    const file = exportMapFiles(slice, map.raster, {
      method: view, unit: map.unit, region: region ?? null, slice: stage.shownIndex + 1,
      explains: result?.explains ?? null, parameters: result?.parameters ?? {}, backend: result?.backend ?? null,
      completenessError: result?.completenessError ?? null, diffusionIndex: result?.diffusionIndex ?? null,
      faithfulness: result?.faithfulness ? { versusRandom: result.faithfulness.versusRandom, versusSobel: result.faithfulness.versusSobel } : null,
      model: generated?.info.model ?? null,
    });
    download(new Blob([file.bytes], { type: file.type }), file.name);
    announce(say('exported.file', { name: file.name }));
  } catch (error) {
    postError(error);
  }
}
