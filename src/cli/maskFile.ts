import { StudioError } from '../core/errors';
import { maskWhere } from '../core/mask';
import { attachLabel } from '../pipeline/attachLabels';
import type { Decoder } from '../pipeline/decode/protocol';
import { readInputs } from '../pipeline/import/readInputs.node.ts';
import { importFiles } from '../pipeline/importFiles';
import { openLabels } from '../pipeline/openLabels';
import type { SeriesSource } from '../pipeline/seriesSource';

/** Mask of slice `index` (0/1), or null where it is empty. */
export type MaskOf = (index: number) => Uint8Array | null;

/**
 * Masks for a series from a file: a label that fits (all its classes together), or pictures or a volume of the same
 * size whose values are not 0. Throws `label/mismatch` with the difference in words, `input/*`.
 */
export async function masksFor(path: string | null, source: SeriesSource, decoder: Decoder): Promise<MaskOf | null> {
  if (path === null) return null;
  const found = await importFiles(readInputs([path], (p, error) => { throw new StudioError('input/not-readable', p, { cause: error }); }), { decoder });
  const bad = found.outcomes.find((o) => o.status === 'error');
  if (bad) throw new StudioError(bad.code ?? 'input/not-readable', path);
  const { labels, failed } = await openLabels(found.others, found.outcomes.map((o) => o.path));
  if (failed[0]) throw failed[0].error;
  if (labels[0]) {
    const result = attachLabel(labels[0], [source.series]);
    if (result.status !== 'attached') throw new StudioError('label/mismatch', result.words);
    return (index) => {
      const planes = result.set.layers.flatMap((layer) => layer[index] ?? []);
      return planes[0] ? maskWhere(planes[0].length, (i) => planes.some((p) => p[i])) : null;
    };
  }
  const masks = found.series[0];
  const { series } = source;
  if (!masks) throw new StudioError('label/invalid', path);
  const { rows, columns, slices } = masks.series;
  if (rows !== series.rows || columns !== series.columns || slices.length !== series.slices.length) {
    throw new StudioError('label/mismatch', `${path} is ${columns} × ${rows} × ${slices.length}, the images are ${series.columns} × ${series.rows} × ${series.slices.length}`);
  }
  const planes: (Uint8Array | null)[] = [];
  for (let i = 0; i < slices.length; i++) {
    const { data } = (await masks.loadSlice(i)).raster;
    const mask = maskWhere(data.length, (p) => data[p] !== 0);
    planes.push(mask.includes(1) ? mask : null);
  }
  return (index) => planes[index] ?? null;
}
