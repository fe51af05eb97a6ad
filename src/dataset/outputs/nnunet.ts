import type { Slice } from '../../core/slice';
import { sliceVolume, writeNiftiGz, type NiftiArray, type NiftiVolume } from '../../formats/niftiWriter';
import { labelPlane } from '../itemLabels';
import { isSynthetic, type ManifestItem } from '../manifest';
import type { RecipeOutput } from '../recipe';
import { isMade, jsonBytes, type BuiltItem, type Entries, type IndexContext, type OutFile, type SetContext } from './types';
import { jsonArray } from './jsonStream';

type Options = Extract<RecipeOutput, { format: 'nnunet' }>;

/** `nnunet/Dataset001_name` (nnU-Net v2, documentation/dataset_format.md). */
export const nnunetFolder = (options: Options, name: string): string => `nnunet/Dataset${String(options.datasetId).padStart(3, '0')}_${name}`;

/**
 * The slice as a volume whose step along its normal is longer than its pixels are wide: nnU-Net takes the axis of the
 * largest spacing for the slices' one, and would plan columns of pixels as slices where pixels are wider than the slice is
 * thick. The one slice lies where it lay.
 */
function caseVolume(slice: Slice, synthetic: boolean, data?: NiftiArray): NiftiVolume {
  const widest = Math.max(...(slice.pixelSpacingMm ?? [1, 1]));
  return sliceVolume((slice.sliceThicknessMm || 1) > widest ? slice : { ...slice, sliceThicknessMm: 2 * widest }, data, synthetic);
}

/** One-slice volumes: image with one channel, label with consecutive ids. */
export function nnunetItem(item: BuiltItem, set: SetContext, options: Options): OutFile[] {
  const { slice, planned, masks } = item;
  const folder = nnunetFolder(options, set.recipe.name);
  const part = planned.split === 'train' ? 'Tr' : 'Ts';
  const plane = labelPlane(masks, slice.raster.data.length);
  const synthetic = isMade(item);
  return [
    { path: `${folder}/images${part}/${planned.id}_0000.nii.gz`, role: 'image', bytes: writeNiftiGz(caseVolume(slice, synthetic)) },
    { path: `${folder}/labels${part}/${planned.id}.nii.gz`, role: 'label', bytes: writeNiftiGz(caseVolume(slice, synthetic, plane)) },
  ];
}

/** `dataset.json`, `splits_final.json` (by patient, real cases only in validation) and a MONAI/decathlon `datalist.json`. */
export async function* nnunetIndex(entries: Entries, set: IndexContext, options: Options): AsyncIterable<OutFile> {
  const folder = nnunetFolder(options, set.recipe.name);
  let training = 0;
  let test = 0;
  for await (const { item } of entries()) {
    if (item.split === 'train') training++;
    else test++;
  }
  const labels = { background: 0, ...Object.fromEntries(set.classes) };
  const channel = { '0': options.channel ?? set.channel };
  yield {
    path: `${folder}/dataset.json`,
    role: 'index',
    bytes: jsonBytes({
      channel_names: channel,
      labels,
      numTraining: training,
      file_ending: '.nii.gz',
      name: set.recipe.name,
      description: 'Synthetic and real slices, each a 2d case of its own. Synthetic, not for diagnosis. Made with Verisim Studio.',
      overwrite_image_reader_writer: 'SimpleITKIO',
    }),
  };
  yield { path: `${folder}/splits_final.json`, role: 'index', bytes: splits(entries, set.folds) };
  const image = (i: ManifestItem): object => ({ image: `./images${part(i)}/${i.id}_0000.nii.gz`, label: `./labels${part(i)}/${i.id}.nii.gz` });
  yield {
    path: `${folder}/datalist.json`,
    role: 'index',
    bytes: jsonArray(
      { name: set.recipe.name, description: 'synthetic, not for diagnosis', tensorImageSize: '2D', modality: channel, labels: Object.fromEntries(Object.entries(labels).map(([name, id]) => [String(id), name])), numTraining: training, numTest: test },
      [
        ['training', entries, (e) => (e.item.split === 'train' ? { ...image(e.item), fold: e.item.fold, synthetic: isSynthetic(e.item) } : null)],
        ['test', entries, (e) => (e.item.split === 'test' ? image(e.item) : null)],
      ],
    ),
  };
}

const part = (item: ManifestItem): 'Tr' | 'Ts' => (item.split === 'train' ? 'Tr' : 'Ts');

/** In fold k validation has the real cases of its patients; their copies are in neither part. */
async function* splits(entries: Entries, folds: number): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  for (let fold = 0; fold < folds; fold++) {
    yield encoder.encode(fold === 0 ? '[\n {"train": [' : ',\n {"train": [');
    // With one fold there is one patient: all of it trains, nothing validates.
    yield* names(entries, (i) => i.split === 'train' && (folds === 1 || i.fold !== fold));
    yield encoder.encode('],\n  "val": [');
    yield* names(entries, (i) => i.split === 'train' && folds > 1 && i.fold === fold && !isSynthetic(i));
    yield encoder.encode(']}');
  }
  yield encoder.encode('\n]\n');
}

async function* names(entries: Entries, wanted: (item: ManifestItem) => boolean): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  let first = true;
  for await (const { item } of entries()) {
    if (!wanted(item)) continue;
    yield encoder.encode(`${first ? '' : ', '}${JSON.stringify(item.id)}`);
    first = false;
  }
}
