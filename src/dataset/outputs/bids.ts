import { sliceVolume, writeNiftiGz } from '../../formats/niftiWriter';
import { labelPlane } from '../itemLabels';
import { isMade, jsonBytes, utf8, type BuiltItem, type Entries, type IndexContext, type OutFile, type SetContext } from './types';

/** A BIDS derivatives data set (BIDS 1.9): one chunk a slice, `desc-synthetic`, label as `dseg`. */
export function bidsItem(item: BuiltItem, set: SetContext): OutFile[] {
  const { slice, planned, masks, info, syntheticSource, suffix } = item;
  const synthetic = isMade(item);
  const subject = `sub-${planned.patient}`;
  const kind = synthetic ? 'synthetic' : 'original';
  const entities = [subject, `acq-${planned.series}`, ...(planned.copy ? [`rec-c${String(planned.copy).padStart(3, '0')}`] : []), `chunk-${planned.sliceIndex + 1}`].join('_');
  const folder = `bids/${subject}/anat`;
  const image = `${folder}/${entities}_desc-${kind}_${suffix}`;
  const sidecar = {
    Description: !synthetic ? 'Original slice, de-identified.' : syntheticSource ? 'Source slice, synthetic as it came, not for diagnosis.' : 'Synthetic, not for diagnosis.',
    SpatialReference: 'orig',
    // Required of anatomical derivatives; nothing here strips a skull.
    SkullStripped: false,
    SyntheticData: synthetic,
    Recipe: info ? set.recipeSha256 : undefined,
    Seed: info?.seed ?? undefined,
    Model: info?.model ? { Id: info.model.id, Sha256: info.model.sha256 } : undefined,
  };
  return [
    { path: `${image}.nii.gz`, role: 'image', bytes: writeNiftiGz(sliceVolume(slice, undefined, synthetic)) },
    { path: `${image}.json`, role: 'index', bytes: jsonBytes(sidecar) },
    { path: `${folder}/${entities}_desc-${kind}_dseg.nii.gz`, role: 'label', bytes: writeNiftiGz(sliceVolume(slice, labelPlane(masks, slice.raster.data.length), synthetic)) },
  ];
}

const README = `Synthetic, not for diagnosis.

Each image is one slice (chunk-N) of a series (acq-CODE); rec-cNNN is its N-th generated copy (desc-synthetic), without it the
de-identified original (desc-original; desc-synthetic where the source itself says that it is synthetic). dseg.tsv names the classes of the segmentations. How the set was made, what it counts
and its limits stand in README.md and manifest.json of the set.
`;

export async function* bidsIndex(entries: Entries, set: IndexContext): AsyncIterable<OutFile> {
  yield {
    path: 'bids/dataset_description.json',
    role: 'index',
    bytes: jsonBytes({
      Name: set.recipe.name,
      BIDSVersion: '1.9.0',
      DatasetType: 'derivative',
      GeneratedBy: [{ Name: 'Verisim Studio', Version: set.softwareVersion, Description: 'Synthetic, not for diagnosis.' }],
    }),
  };
  const rows = new Map<string, string>();
  const suffixes = new Set<string>();
  for await (const { item } of entries()) {
    rows.set(item.patient, `sub-${item.patient}\t${item.split}\t${item.fold}`);
    for (const { path } of item.files) suffixes.add(/^bids\/.*_([A-Za-z0-9]+)\.nii\.gz$/.exec(path)?.[1] ?? '');
  }
  yield { path: 'bids/participants.tsv', role: 'index', bytes: utf8(`participant_id\tsplit\tfold\n${[...rows.values()].sort().join('\n')}\n`) };
  yield {
    path: 'bids/participants.json',
    role: 'index',
    bytes: jsonBytes({
      split: { Description: 'Part of the set that the patient belongs to.', Levels: { train: 'for training', test: 'for the last test; without copies' } },
      fold: { Description: 'Number of the cross-validation fold in which the patient is for validation.' },
    }),
  };
  // At the root they hold for every segmentation below, originals and copies alike.
  yield { path: 'bids/dseg.json', role: 'index', bytes: jsonBytes({ Description: 'Class ids by pixel, named in dseg.tsv.', SpatialReference: 'orig' }) };
  yield { path: 'bids/dseg.tsv', role: 'index', bytes: utf8(`index\tname\n0\tbackground\n${[...set.classes].map(([name, id]) => `${id}\t${name}`).join('\n')}\n`) };
  yield { path: 'bids/README', role: 'index', bytes: utf8(README) };
  // CT and unnamed sequences have no suffix in BIDS 1.9.
  const ignored = ['ct', 'mr'].filter((suffix) => suffixes.has(suffix));
  if (ignored.length) yield { path: 'bids/.bidsignore', role: 'index', bytes: utf8(ignored.map((suffix) => `*_${suffix}.nii.gz\n*_${suffix}.json\n`).join('')) };
}
