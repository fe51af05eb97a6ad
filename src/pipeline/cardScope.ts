import { stringOf } from '../core/dicomJson';
import { rootSource, type FileSource } from '../core/lineage';
import type { Slice } from '../core/slice';
import type { ModelEntry } from '../models';

/** What lies outside the card of a model, or cannot be told from the file. `text`: one finished English sentence. */
export interface ScopeWarning {
  readonly code: 'other-body-part' | 'other-sequence' | 'unknown-body-part' | 'unknown-sequence' | 'unknown-scope';
  readonly text: string;
}

interface Scope {
  readonly models: RegExp;
  /** In words, and Body Part Examined (0018,0015) or words of the descriptions that belong to it. */
  readonly body: string;
  readonly parts: RegExp;
  readonly sequences?: { readonly words: string; readonly known: RegExp };
}

/** What the training data on the cards of the delivered models show. Other models say nothing of it. */
const SCOPES: readonly Scope[] = [
  { models: /^sr-mr-/, body: 'the brain', parts: /BRAIN|HEAD|SKULL|CRANI|CEREB/, sequences: { words: 'T1, T2 and FLAIR', known: /^(T1|T2|FLAIR)$/ } },
  { models: /^sr-ct-/, body: 'chest, head and soft tissue of trunk and limbs', parts: /CHEST|LUNG|THORAX|BRAIN|HEAD|SKULL|THIGH|LEG|KNEE|ARM|SHOULDER|EXTREMIT|SOFT/ },
  { models: /^lesion-(insert|remove)-ct|^segment-ct/, body: 'the lung', parts: /CHEST|LUNG|THORAX/ },
  { models: /^lesion-(insert|remove)-mr|^segment-mr/, body: 'the brain', parts: /BRAIN|HEAD|SKULL|CRANI|CEREB/ },
];

/** Names that Body Part Examined has for parts of the body (PS3.16 annex L), to know that a word is one at all. */
const PARTS = /BRAIN|HEAD|SKULL|CRANI|CEREB|NECK|CHEST|LUNG|THORAX|HEART|BREAST|ABDOMEN|LIVER|KIDNEY|PANCREAS|PELVIS|PROSTATE|UTERUS|BLADDER|SPINE|HIP|THIGH|LEG|KNEE|ANKLE|FOOT|ARM|SHOULDER|ELBOW|WRIST|HAND|EXTREMIT/;

/**
 * Says where body part or sequence are none that the model's card knows, and where nothing tells: a NIfTI or a picture
 * has no attributes (its name may tell the sequence), and a model of one's own has no list of what it knows.
 */
export function scopeWarnings(slice: Slice, model: ModelEntry): ScopeWarning[] {
  const scope = SCOPES.find((s) => s.models.test(model.id));
  const source = rootSource(slice.source);
  if (!scope) return [{ code: 'unknown-scope', text: 'Nothing here tells on which body parts and sequences this model was trained, so whether it fits this image is not known.' }];
  const out: ScopeWarning[] = [];
  const part = source.kind === 'dicom' ? (stringOf(source.attributes, '00180015') ?? '').toUpperCase().replace(/[^A-Z]/g, '') : '';
  if (PARTS.test(part)) {
    if (!scope.parts.test(part)) out.push({ code: 'other-body-part', text: `The file shows ${part}; this model was trained on ${scope.body}, so look closely.` });
  } else if (source.kind !== 'dicom') {
    out.push({ code: 'unknown-body-part', text: `The file does not say which part of the body it shows; this model was trained on ${scope.body}.` });
  }
  const sequence = scope.sequences && slice.modality === 'MR' ? sequenceOf(source) : null;
  if (sequence && !scope.sequences!.known.test(sequence)) {
    out.push({ code: 'other-sequence', text: `The series seems to be ${sequence}; this model was trained on ${scope.sequences!.words}, so look closely.` });
  } else if (!sequence && scope.sequences && source.kind !== 'dicom') {
    out.push({ code: 'unknown-sequence', text: `The file does not say which sequence it is; this model was trained on ${scope.sequences.words}.` });
  }
  return out;
}

/** The mark for provenance of what the file does not tell; empty where it tells all. */
export function unknownToCard(warnings: readonly { readonly code: string }[]): { readonly unknownToCard?: string } {
  const codes = warnings.map((w) => w.code).filter(isUnknown);
  return codes.length ? { unknownToCard: codes.join(' ') } : {};
}

/** Codes that say that something is not known, not that it is wrong. */
export const isUnknown = (code: string): boolean => code.startsWith('unknown-');

/** The kind of MR sequence that the descriptions, or the name of a file without any, tell; null where they tell none. */
function sequenceOf(source: FileSource): string | null {
  const words = source.kind === 'dicom' ? ['0008103E', '00181030', '00180024'].map((tag) => stringOf(source.attributes, tag) ?? '').join(' ') : source.name;
  const found = /flair|dark.?fluid/i.test(words) ? 'FLAIR' : /(?:^|[^a-z])(dwi|adc|swi|pd|tof|mra|asl|dti|t1|t2)(?:w|c|ce|gd)?(?![a-z])/i.exec(words)?.[1];
  return found ? found.toUpperCase() : null;
}
