import { StudioError } from '../core/errors';
import type { LabelClass, Series } from '../core/slice';
import { classNameInSet } from './className';
import { patientNotes, patientsOf } from './patients';
import type { Recipe } from './recipe';
import { isModelStep } from './recipeSteps';

/** A series offered to a recipe: headers, what labels it bears, and nothing decoded yet. */
export interface PlanSource {
  readonly series: Series;
  readonly classes: readonly LabelClass[];
  /** For each slice, whether a label has pixels there. */
  readonly labelled: readonly boolean[];
}

/** Keyed pseudonyms of patients and series, by HMAC: `codeOf('patient', key)`. Upper-case letters and digits. */
export type CodeOf = (kind: 'patient' | 'series', key: string) => string;

export interface PlannedItem {
  readonly id: string;
  /** Index into the sources given. */
  readonly source: number;
  /** From 0. */
  readonly sliceIndex: number;
  /** 0 the original, 1… the copies. */
  readonly copy: number;
  readonly patient: string;
  readonly series: string;
  readonly split: 'train' | 'test';
  readonly fold: number;
}

export interface Plan {
  readonly items: readonly PlannedItem[];
  readonly patients: readonly string[];
  /** For each source given, what makes its patient; not for the set to bear. */
  readonly patientKeys: readonly string[];
  /** Folds in use: no more than there are patients outside the test part. */
  readonly folds: number;
  /** Class name → id 1, 2, …; the same for all items and outputs. */
  readonly classes: ReadonlyMap<string, number>;
  readonly sourcesUsed: number;
  /** Things a person should know before the start, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * What a recipe makes of these sources: every item with its name, patient, split and fold. Depends on recipe, sources
 * and key alone, not on the order of the sources. Patients, never slices, are split, and only those that give slices;
 * test patients give their real slices only. Throws `dataset/no-sources` when nothing fits.
 */
export function planItems(recipe: Recipe, sources: readonly PlanSource[], codeOf: CodeOf, lesionClass: (modelId: string) => string): Plan {
  const keys = seriesKeys(sources.map((s) => s.series));
  const known = patientsOf(sources.map((s) => s.series), recipe.sources.patient);
  const wanted = sources
    .map((source, index) => ({ source, index, patient: codeOf('patient', known[index]!.key), series: codeOf('series', keys[index]!), slices: slicesOf(recipe, source) }))
    .filter(({ source: { series } }) => recipe.sources.modality.length === 0 || (recipe.sources.modality as string[]).includes(series.modality))
    .sort((a, b) => compare(`${a.patient}/${a.series}`, `${b.patient}/${b.series}`));
  const notes: string[] = [];
  if (wanted.length < sources.length) notes.push(`${sources.length - wanted.length} series of other modalities are left out.`);
  const doubles = wanted.filter((w, i) => i > 0 && w.series === wanted[i - 1]!.series);
  if (doubles.length) throw new StudioError('dataset/no-sources', 'the same series was given twice');
  const used = wanted.filter((w) => w.slices.length > 0);
  if (used.length < wanted.length) notes.push(`${wanted.length - used.length} series give no labelled slice and are left out.`);
  notes.push(...patientNotes(used.map((w) => w.source.series), used.map((w) => known[w.index]!)));

  const patients = [...new Set(used.map((w) => w.patient))].sort(compare);
  const testCount = recipe.split.test > 0 ? Math.min(patients.length - 1, Math.max(1, Math.round(recipe.split.test * patients.length))) : 0;
  const trained = patients.slice(Math.max(0, testCount));
  const folds = Math.max(1, Math.min(recipe.split.folds, trained.length));
  if (trained.length < 2) notes.push('There is one patient only: no split by patient is possible, so nothing is held out for validation.');
  const items: PlannedItem[] = [];
  for (const { index, patient, series, slices } of used) {
    const split = trained.includes(patient) ? 'train' : 'test';
    const fold = split === 'train' ? trained.indexOf(patient) % folds : 0;
    const copies = split === 'test' ? [0] : Array.from({ length: recipe.copies + 1 }, (_c, c) => c).filter((c) => c > 0 || recipe.originals);
    for (const sliceIndex of slices) {
      for (const copy of copies) {
        items.push({ id: itemId(patient, series, sliceIndex, copy), source: index, sliceIndex, copy, patient, series, split, fold });
      }
    }
  }
  if (items.length === 0) {
    const why = sources.length === 0 ? 'no series is open' : wanted.length === 0 ? `no series of ${recipe.sources.modality.join(' or ')}` : 'no slice bears a label';
    throw new StudioError('dataset/no-sources', why);
  }
  if (!recipe.originals) notes.push('Real slices are left out, so validation folds are empty.');
  const classes = classTable(recipe, wanted.map((w) => w.source), lesionClass);
  return { items, patients, patientKeys: known.map((k) => k.key), folds, classes, sourcesUsed: used.length, notes };
}

/** Indices of the slices that a recipe takes of a series. */
function slicesOf({ sources: { every, slices } }: Recipe, { series, labelled }: PlanSource): number[] {
  return series.slices.map((_, i) => i).filter((i) => i % every === 0 && (slices === 'all' || labelled[i]));
}

/** `P…_S…_0012_c03`, `_real` for an original: a case name that every format takes. */
function itemId(patient: string, series: string, sliceIndex: number, copy: number): string {
  return `${patient}_${series}_${String(sliceIndex + 1).padStart(4, '0')}_${copy === 0 ? 'real' : `c${String(copy).padStart(3, '0')}`}`;
}

/**
 * Every class that can occur, by name: those of the labels by id, then those that the recipe's lesions bring; `ignore`
 * last, since nnU-Net takes it as the highest id only.
 */
function classTable(recipe: Recipe, sources: readonly PlanSource[], lesionClass: (modelId: string) => string): ReadonlyMap<string, number> {
  const found = sources.flatMap((s) => s.classes).sort((a, b) => a.id - b.id || compare(a.name, b.name));
  const names = [...new Set(found.map((c) => classNameInSet(c.name)))];
  for (const step of recipe.steps) {
    if (!isModelStep(step) || step.type !== 'insert-lesion') continue;
    const name = classNameInSet(step.class ?? lesionClass(step.model));
    if (!names.includes(name)) names.push(name);
  }
  const ordered = [...names.filter((name) => name !== 'ignore'), ...names.filter((name) => name === 'ignore')];
  return new Map(ordered.map((name, i) => [name, i + 1]));
}

/**
 * What makes a series. DICOM: its UID and first instance (several volumes of one series differ in that). Other files:
 * the shortest end of the path that no other file shares, so that it does not matter where the folder lies.
 */
export function seriesKeys(all: readonly Series[]): string[] {
  const paths = all.map((s) => s.id.replace(/^[a-z]+:/, '').split('/'));
  return all.map((s, i) => {
    const first = s.slices[0];
    if (first?.sopInstanceUid) return `${s.seriesUid}|${first.sopInstanceUid}|${first.frame ?? 0}`;
    const mine = paths[i]!;
    for (let n = 1; n < mine.length; n++) {
      const end = mine.slice(-n).join('/');
      if (!paths.some((other, j) => j !== i && other.slice(-n).join('/') === end)) return `file:${end}`;
    }
    return `file:${mine.join('/')}`;
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The items of shard `index` of `count`: every count-th, so that shards are disjoint and their union is the whole. */
export function shardItems(items: readonly PlannedItem[], index: number, count: number): readonly PlannedItem[] {
  return items.filter((_, i) => i % count === index - 1);
}
