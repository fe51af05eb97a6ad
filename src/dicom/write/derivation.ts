import { stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import type { AugmentationInfo } from '../../core/slice';
import { fitText, isValidText } from './validValue';

const PROGRAM = 'Verisim Studio';
/** CID 7203 has a code for resampling only; the others are of this program's own scheme (99…, PS3.16 chapter 8). */
const CODES: Record<AugmentationInfo['kind'], readonly [value: string, scheme: string, meaning: string]> = {
  'super-resolution': ['113085', 'DCM', 'Spatial resampling'],
  degrade: ['113085', 'DCM', 'Spatial resampling'],
  'lesion-insert': ['LESIONINSERT', '99VERISIM', 'Synthetic lesion inserted'],
  'lesion-remove': ['LESIONREMOVE', '99VERISIM', 'Lesion replaced by synthetic tissue'],
  recipe: ['AUGMENT', '99VERISIM', 'Augmentation by a recipe'],
};

/** A coded concept as a sequence item (PS3.3 8.8). */
export function codeItem(value: string, scheme: string, meaning: string): DicomAttributes {
  return {
    '00080100': { vr: 'SH', Value: [value] },
    '00080102': { vr: 'SH', Value: [scheme] },
    '00080104': { vr: 'LO', Value: [meaning] },
  };
}

/** Derivation Code Sequence (0008,9215): an item a step, first step first. */
export function derivationCode(steps: readonly AugmentationInfo[]): DicomElement {
  return { vr: 'SQ', Value: steps.map((step) => codeItem(...CODES[step.kind])) };
}

/** Derivation Description (0008,2111): at most 1024 characters, plain words first; steps before the last by their names. */
export function derivationText(info: AugmentationInfo, earlier: readonly AugmentationInfo[] = []): string {
  const parts = [`${CODES[info.kind][2]} by ${PROGRAM} ${info.softwareVersion}. Synthetic, not for diagnosis.`];
  if (earlier.length) parts.push(`Before it: ${earlier.map((step) => `${CODES[step.kind][2]}${step.model ? ` (${step.model.id}${step.seed === null ? '' : `, seed ${step.seed}`})` : ''}`).join(', ')}.`);
  if (info.model) parts.push(`Model ${info.model.id} (${info.model.variant}), sha256 ${info.model.sha256}, backend ${info.backend}.`);
  if (info.seed !== null) parts.push(`Seed ${info.seed}.`);
  const settings = Object.entries(info.parameters).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  if (settings.length) parts.push(settings.join('; '));
  return parts.join(' ').replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 1024).trim();
}

/**
 * Contributing Equipment Sequence (0018,A001): this program as processing equipment, an item a step with model, hash and
 * seed, first step first. Items that this program wrote into the source stay in front, so that a file which was exported
 * and opened again keeps its history; those of other programs may name people and are left out.
 */
export function contributingEquipment(steps: readonly (AugmentationInfo | null)[], softwareVersion: string, recipe?: string, source?: DicomElement): DicomElement {
  const last = steps.length - 1;
  return { vr: 'SQ', Value: [...ownItems(source), ...steps.map((step, n) => equipmentItem(step, softwareVersion, n === last ? recipe : undefined))] };
}

function equipmentItem(info: AugmentationInfo | null, softwareVersion: string, recipe?: string): DicomAttributes {
  const software = [fitText(`${PROGRAM} ${softwareVersion}`, 64)];
  if (info?.model) {
    software.push(fitText(`model ${info.model.id} ${info.model.variant}`, 64), info.model.sha256.slice(0, 64));
  }
  const description = [
    info?.model ? `model=${info.model.id}; variant=${info.model.variant}; sha256=${info.model.sha256}; license=${info.model.license}; backend=${info.backend}` : '',
    info && info.seed !== null ? `seed=${info.seed}` : '',
    recipe ? `recipe=${recipe}` : '',
  ].filter(Boolean).join('; ');
  return {
    '00080070': { vr: 'LO', Value: [PROGRAM] },
    '00081090': { vr: 'LO', Value: [PROGRAM] },
    '00181020': { vr: 'LO', Value: software },
    '0040A170': { vr: 'SQ', Value: [codeItem('109102', 'DCM', 'Processing Equipment')] },
    ...(description ? { '0018A003': { vr: 'ST', Value: [fitText(description, 1024)] } } : {}),
  };
}

const OWN_TAGS = ['00080070', '00081090', '00181020', '0018A003'] as const;

/** Forms of the values that {@link equipmentItem} writes; no name of a person has them. */
const OWN_FORM: Record<(typeof OWN_TAGS)[number], RegExp> = {
  '00080070': /^Verisim Studio$/,
  '00081090': /^Verisim Studio$/,
  '00181020': /^(Verisim Studio [\w.+-]+|model [\w.-]+ [\w. ]+|[0-9a-f]{64})$/,
  '0018A003': /^(model=[\w.-]+; variant=[\w. ]+; sha256=[0-9a-f]{64}; license=[\w.+ -]+; backend=(webgpu|wasm|none))?(; )?(seed=-?\d+)?(; )?(recipe=[0-9a-f]{64})?$/,
};

/**
 * An item of Contributing Equipment Sequence that this program wrote, with nothing in it but values in the form it writes:
 * what may stay in a de-identified file. Null for items of other programs.
 */
export function ownEquipment(item: DicomAttributes): DicomAttributes | null {
  if (stringOf(item, '00080070') !== PROGRAM) return null;
  const kept = OWN_TAGS.filter((tag) => item[tag]?.Value?.every((v) => OWN_FORM[tag].test(String(v))));
  return { ...Object.fromEntries(kept.map((tag) => [tag, item[tag]!])), '0040A170': { vr: 'SQ', Value: [codeItem('109102', 'DCM', 'Processing Equipment')] } };
}

/** The source's items of this program, with nothing in them but what {@link equipmentItem} writes. */
function ownItems(source: DicomElement | undefined): DicomAttributes[] {
  const items = (source?.Value ?? []).filter((item): item is DicomAttributes => typeof item === 'object' && item !== null);
  return items.filter((item) => stringOf(item, '00080070') === PROGRAM).map((item) => ({
    ...Object.fromEntries(OWN_TAGS.filter((tag) => item[tag]?.Value?.every((v) => isValidText(item[tag]!.vr, String(v)))).map((tag) => [tag, item[tag]!])),
    '0040A170': { vr: 'SQ', Value: [codeItem('109102', 'DCM', 'Processing Equipment')] },
  }));
}
