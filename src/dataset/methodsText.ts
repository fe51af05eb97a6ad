import type { AugmentationInfo } from '../core/slice';
import { bibtexFor } from './bibtex';
import { figureSentences, trainingSentence, type CardLike } from './cardWords';

/** What a methods paragraph is made from: provenance and cards, nothing else. */
export interface MethodsInput {
  readonly softwareVersion: string;
  /** Provenance of every generated item, or of the one result at hand. */
  readonly items: readonly AugmentationInfo[];
  /** Cards by model id, as shipped with the weights. */
  readonly cards: Readonly<Record<string, CardLike | null>>;
  /** Number of source slices or series, where a set was built. */
  readonly sources?: { readonly slices: number; readonly patients?: number };
  /** The recipe of the set: its name, seed, and each step in words with its values. */
  readonly recipe?: { readonly name: string; readonly seed: number | string; readonly sha256?: string; readonly copies?: number; readonly steps: readonly string[] };
  /** Sign-off, where there was one. */
  readonly review?: { readonly accepted: number; readonly rejected: number; readonly flagged: number; readonly open: number };
}

export interface MethodsText {
  /** One paragraph a topic, plain text. */
  readonly text: string;
  readonly bibtex: string;
}

/** What a kind of generation did, as a verb phrase for so many images. */
const DONE: Record<AugmentationInfo['kind'], string> = {
  'super-resolution': 'enlarged by a super-resolution network',
  'lesion-insert': 'given a synthetic lesion by a conditional inpainting network',
  'lesion-remove': 'freed of a marked lesion by an inpainting network',
  recipe: 'augmented by the steps of the recipe',
  degrade: 'reduced in resolution',
};

/** The paragraph for a paper's methods section, with BibTeX. Two sets that differ in anything named here differ in their text. */
export function methodsText(input: MethodsInput): MethodsText {
  const models = usedModels(input.items);
  const parts = [opening(input), recipeSentence(input), ...models.map((m) => modelSentences(m, input.cards[m.id] ?? null)), reviewSentence(input), closing(input, models)];
  return { text: parts.filter(Boolean).join('\n\n'), bibtex: bibtexFor(input.softwareVersion, models.map((m) => ({ ...m, card: input.cards[m.id] ?? null }))) };
}

interface UsedModel {
  readonly id: string;
  readonly variant: string;
  readonly sha256: string;
  readonly license: string;
  readonly kinds: ReadonlySet<AugmentationInfo['kind']>;
  readonly backends: ReadonlySet<string>;
  readonly items: readonly AugmentationInfo[];
}

function usedModels(items: readonly AugmentationInfo[]): UsedModel[] {
  const found = new Map<string, AugmentationInfo[]>();
  for (const item of items) {
    if (!item.model) continue;
    const key = `${item.model.id}/${item.model.variant}/${item.model.sha256}`;
    const list = found.get(key);
    if (list) list.push(item);
    else found.set(key, [item]);
  }
  return [...found.keys()].sort().map((key) => {
    const list = found.get(key)!;
    return { ...list[0]!.model!, kinds: new Set(list.map((i) => i.kind)), backends: new Set(list.map((i) => i.backend)), items: list };
  });
}

function opening({ items, softwareVersion, sources }: MethodsInput): string {
  const counts = new Map<AugmentationInfo['kind'], number>();
  for (const { kind } of items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const what = [...counts].sort().map(([kind, n]) => `${n} ${n === 1 ? 'image was' : 'images were'} ${DONE[kind]}`);
  const from = sources ? ` from ${sources.slices} source ${sources.slices === 1 ? 'slice' : 'slices'}${sources.patients ? ` of ${sources.patients} ${sources.patients === 1 ? 'patient' : 'patients'}` : ''}` : '';
  return `Synthetic images were made with Verisim Studio, version ${softwareVersion}${from}: ${what.join('; ') || 'no images'}. All of them are synthetic and marked as such in their files; none is meant for diagnosis.`;
}

function recipeSentence({ recipe }: MethodsInput): string {
  if (!recipe) return '';
  const copies = recipe.copies ? `, ${recipe.copies} ${recipe.copies === 1 ? 'copy' : 'copies'} per slice` : '';
  const hash = recipe.sha256 ? ` (sha256 ${recipe.sha256})` : '';
  const steps = recipe.steps.length ? ` The steps were: ${recipe.steps.join('; ')}.` : '';
  return `The set follows the recipe "${recipe.name}"${hash} with seed ${recipe.seed}${copies}; the same recipe, seed and inputs give the same files again.${steps}`;
}

function modelSentences(model: UsedModel, card: CardLike | null): string {
  const seeds = [...new Set(model.items.map((i) => i.seed).filter((s) => s !== null))];
  const seedText = seeds.length === 0 ? '' : seeds.length <= 12 ? ` The ${seeds.length === 1 ? 'seed was' : 'seeds were'} ${seeds.join(', ')}.` : ` ${seeds.length} seeds from ${Math.min(...seeds)} to ${Math.max(...seeds)} were used; the manifest lists them.`;
  const settings = commonSettings(model.items);
  const backends = [...model.backends].filter((b) => b !== 'none').sort().map((b) => (b === 'wasm' ? 'WebAssembly' : 'WebGPU'));
  const outside = model.items.filter((i) => typeof i.parameters.outsideCard === 'string').length;
  const unknown = model.items.filter((i) => typeof i.parameters.unknownToCard === 'string').length;
  return [
    `Model ${model.id}${model.variant === 'default' ? '' : `, ${model.variant} weights`} (sha256 ${model.sha256}; licence ${model.license})${backends.length ? ` ran on ${backends.join(' and ')}` : ''}.`,
    seedText.trim(),
    settings ? `Settings: ${settings}.` : '',
    card ? trainingSentence(card) : 'The model brings no card, so its training data are not known here.',
    ...(card ? figureSentences(card, model.variant) : []),
    card?.limits?.length ? `Known limits: ${card.limits.map((l) => l.replace(/\.$/, '')).join('; ')}.` : '',
    outside > 0 ? `${outside} ${outside === 1 ? 'image was' : 'images were'} made outside what the card of this model covers.` : '',
    unknown > 0 ? `For ${unknown} ${unknown === 1 ? 'image' : 'images'} the files do not tell whether the model covers them (body part, sequence or training data not stated).` : '',
  ].filter(Boolean).join(' ');
}

/** Settings that all items share, and the range of those that differ. */
function commonSettings(items: readonly AugmentationInfo[]): string {
  const names: Record<string, string> = { sizeMm: 'diameter (mm)', irregularity: 'irregularity', contrast: 'contrast', softnessMm: 'softening (mm)', labelRimPx: 'rim outside the label (pixels)', place: 'placement', perceptual: 'perceptual blend', consistent: 'data consistency', operator: 'assumed reduction', orientations: 'mean over orientations', growMm: 'mask grown by (mm)' };
  const round = (v: number): string => String(Math.round(v * 1000) / 1000);
  return Object.entries(names).flatMap(([key, name]) => {
    const values = items.map((i) => i.parameters[key]).filter((v) => v !== undefined && v !== null);
    if (values.length === 0) return [];
    if (values.every((v) => typeof v === 'number')) {
      const [low, high] = [Math.min(...values), Math.max(...values)];
      return [`${name} ${low === high ? round(low) : `${round(low)} to ${round(high)}`}`];
    }
    return [`${name} ${[...new Set(values.map((v) => (v === true ? 'on' : v === false ? 'off' : String(v))))].sort().join(', ')}`];
  }).join(', ');
}

function reviewSentence({ review }: MethodsInput): string {
  if (!review) return '';
  return `A person looked through the set: ${review.accepted} accepted, ${review.rejected} rejected, ${review.flagged} flagged, ${review.open} not judged; rejected images were left out.`;
}

function closing({ items }: MethodsInput, models: readonly UsedModel[]): string {
  const licences = [...new Set(models.map((m) => m.license))].sort();
  const nonCommercial = licences.some((l) => /NC/.test(l)) ? ' They may not be used commercially.' : '';
  const versions = [...new Set(items.map((i) => i.softwareVersion))];
  const mixed = versions.length > 1 ? ` Program versions among the images: ${versions.sort().join(', ')}.` : '';
  return licences.length ? `Weights and images made with them are under ${licences.join(' and ')}.${nonCommercial}${mixed}` : mixed.trim();
}
