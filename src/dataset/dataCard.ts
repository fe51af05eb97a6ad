import { isSynthetic, type AppliedStep, type Manifest, type ManifestItem, type UsedModel } from './manifest';
import type { MethodsText } from './methodsText';
import type { Entries, SetContext } from './outputs/types';

/** Counts of a set, gathered in one walk over its items; its size does not grow with theirs. */
export interface SetStatistics {
  items: number;
  generated: number;
  original: number;
  /** Originals whose files say that they are synthetic; not among `original`. */
  syntheticSources: number;
  test: number;
  patients: Set<string>;
  clamped: number;
  modalities: Map<string, number>;
  sizes: Map<string, number>;
  /** Class name → images that have it, pixels in all, smallest and largest. */
  classes: Map<string, { images: number; pixels: number; least: number; most: number }>;
  /** Step → how often it was applied. */
  steps: Map<string, number>;
  models: Map<string, UsedModel>;
  warnings: Map<string, number>;
  meter: { count: number; sum: number; most: number };
}

export async function gatherStatistics(entries: Entries): Promise<SetStatistics> {
  const s: SetStatistics = {
    items: 0, generated: 0, original: 0, syntheticSources: 0, test: 0, patients: new Set(), clamped: 0, modalities: new Map(), sizes: new Map(), classes: new Map(),
    steps: new Map(), models: new Map(), warnings: new Map(), meter: { count: 0, sum: 0, most: 0 },
  };
  const count = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for await (const { item } of entries()) {
    s.items++;
    if (item.kind === 'generated') s.generated++;
    else if (isSynthetic(item)) s.syntheticSources++;
    else s.original++;
    if (item.split === 'test') s.test++;
    s.patients.add(item.patient);
    s.clamped += item.clamped;
    count(s.modalities, item.modality);
    count(s.sizes, `${item.size[0]} × ${item.size[1]}`);
    for (const label of item.labels) {
      const c = s.classes.get(label.name) ?? { images: 0, pixels: 0, least: Infinity, most: 0 };
      s.classes.set(label.name, { images: c.images + 1, pixels: c.pixels + label.pixels, least: Math.min(c.least, label.pixels), most: Math.max(c.most, label.pixels) });
    }
    item.steps.filter((step: AppliedStep) => step.applied).forEach((step) => count(s.steps, step.type));
    item.models.forEach((m) => s.models.set(`${m.id}/${m.variant}/${m.backend}`, m));
    item.warnings.forEach((w) => count(s.warnings, w));
    addMeter(s, item);
  }
  return s;
}

function addMeter(s: SetStatistics, item: ManifestItem): void {
  if (item.meter === null) return;
  s.meter = { count: s.meter.count + 1, sum: s.meter.sum + item.meter, most: Math.max(s.meter.most, item.meter) };
}

export interface CardInput {
  readonly statistics: SetStatistics;
  readonly set: SetContext;
  readonly manifest: Pick<Manifest, 'licenses' | 'nonCommercial' | 'deidentified' | 'recipeSha256'>;
  readonly skipped: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
  readonly methods: MethodsText;
  readonly modelLimits: readonly string[];
}

/** README.md of a set: what it is, counts, distributions, limits, licences. Everything in it comes from the manifest. */
export function dataCard({ statistics: s, set, manifest, skipped, notes, methods, modelLimits }: CardInput): string {
  const list = (map: ReadonlyMap<string, number>): string => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, n]) => `${k}: ${n}`).join(', ') || 'none';
  const lines = [
    `# ${set.recipe.name}`,
    '',
    '**Synthetic, not for diagnosis.** For research and teaching only. Made with Verisim Studio ' + set.softwareVersion + '.',
    '',
    ...(set.recipe.description ? [set.recipe.description, ''] : []),
    '## What is in it',
    '',
    '| | |',
    '|---|---|',
    `| images | ${s.items} (${s.generated} generated, ${s.original} real${s.syntheticSources ? `, ${s.syntheticSources} from sources that say they are synthetic` : ''}) |`,
    `| patients | ${s.patients.size} (pseudonyms); ${s.test} images of test patients |`,
    `| folds | ${set.folds}, split by patient; real images only in validation |`,
    `| modality | ${list(s.modalities)} |`,
    `| size (columns × rows) | ${list(s.sizes)} |`,
    `| outputs | ${set.recipe.outputs.map((o) => o.format).join(', ')} |`,
    `| recipe | recipe.json, sha256 ${manifest.recipeSha256}, seed ${set.recipe.seed} |`,
    '',
    'Each image is one slice and a case of its own (2d).',
    '',
    '## Classes',
    '',
    '| id | class | images with it | pixels: mean, smallest, largest |',
    '|---|---|---|---|',
    '| 0 | background | | |',
    ...[...set.classes].map(([name, id]) => {
      const c = s.classes.get(name);
      return `| ${id} | ${name} | ${c?.images ?? 0} | ${c ? `${Math.round(c.pixels / c.images)}, ${c.least}, ${c.most}` : '–'} |`;
    }),
    '',
    '## How it was made',
    '',
    `Steps applied (times): ${list(s.steps)}.`,
    ...(s.meter.count ? ['', `Hallucination meter of super-resolved images (1/255 of the model range): mean ${(s.meter.sum / s.meter.count).toFixed(3)}, largest ${s.meter.most.toFixed(3)}.`] : []),
    '',
    methods.text,
    '',
    ...(methods.bibtex ? ['```bibtex', methods.bibtex.trim(), '```', ''] : []),
    '## Known limits',
    '',
    '- Slices are augmented one by one: neighbouring slices of a copy do not form a true volume.',
    '- A network trained on generated images alone may learn their faults; keep real images in validation and test.',
    ...(s.clamped ? [`- ${s.clamped} values overshot 16 bits and were clamped.`] : []),
    ...notes.map((n) => `- ${n}`),
    ...modelLimits.map((l) => `- ${l}`),
    ...[...skipped].map(([why, n]) => `- ${n} planned images were left out: ${why}.`),
    ...[...s.warnings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([w, n]) => `- ${n} images: ${w}`),
    '',
    '## Identity',
    '',
    manifest.deidentified
      ? 'De-identified by the Basic Profile of DICOM PS3.15 Annex E. Patients and series bear pseudonyms by a keyed hash; the key is not part of the set.'
      : '**Not de-identified**: DICOM attributes of the sources were kept. Treat the set as patient data.',
    '',
    '## Licence',
    '',
    manifest.licenses.length ? `Models used are under ${manifest.licenses.join(', ')}; the set inherits the strictest.` : 'No model was used; the licence of the source images holds.',
    ...(manifest.nonCommercial ? ['', '**Non-commercial use only.**'] : []),
    '',
    '`manifest.json` lists every file with its SHA-256, every step with its values, models, seeds and licences.',
    '',
  ];
  return lines.join('\n');
}
