import { nativeValues, sliceAffine } from '../../formats/niftiWriter';
import { writeNpz } from '../../formats/npz';
import { labelPlane } from '../itemLabels';
import { markOf } from '../../formats/syntheticMark';
import { isMade, type BuiltItem, type OutFile, type SetContext } from './types';

/** `npz/{id}.npz`: `image` [H, W] in HU or modality values, `label` [H, W] uint8, `class_names` [classes] (the id is the index), `spacing_mm` [row, column], `affine` [4, 4] to RAS mm, `notice` [1] whether it is synthetic. */
export function npzItem(item: BuiltItem, { classes }: Pick<SetContext, 'classes'>): OutFile {
  const { slice, planned, masks } = item;
  const { width, height, data } = slice.raster;
  const names = ['background', ...classes.keys()];
  const bytes = writeNpz({
    image: { data: nativeValues(slice), shape: [height, width] },
    label: { data: labelPlane(masks, data.length), shape: [height, width] },
    class_names: { data: names, shape: [names.length] },
    notice: { data: [markOf(isMade(item))], shape: [1] },
    spacing_mm: { data: Float64Array.from(slice.pixelSpacingMm ?? [NaN, NaN]), shape: [2] },
    affine: { data: Float64Array.from(sliceAffine(slice).flat()), shape: [4, 4] },
  });
  return { path: `npz/${planned.id}.npz`, role: 'image', bytes };
}
