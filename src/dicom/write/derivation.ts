import type { DicomAttributes, DicomElement } from '../../core/dicomJson';
import type { AugmentationInfo } from '../../core/slice';
import { fitText } from './validValue';

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

/** Derivation Code Sequence (0008,9215). */
export function derivationCode(info: AugmentationInfo): DicomElement {
  return { vr: 'SQ', Value: [codeItem(...CODES[info.kind])] };
}

/** Derivation Description (0008,2111): at most 1024 characters, plain words first. */
export function derivationText(info: AugmentationInfo): string {
  const parts = [`${CODES[info.kind][2]} by ${PROGRAM} ${info.softwareVersion}. Synthetic, not for diagnosis.`];
  if (info.model) parts.push(`Model ${info.model.id} (${info.model.variant}), sha256 ${info.model.sha256}, backend ${info.backend}.`);
  if (info.seed !== null) parts.push(`Seed ${info.seed}.`);
  const settings = Object.entries(info.parameters).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  if (settings.length) parts.push(settings.join('; '));
   
  return parts.join(' ').replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 1024).trim();
}

/** Contributing Equipment Sequence (0018,A001): this program as processing equipment, with model, hash and seed. */
export function contributingEquipment(info: AugmentationInfo | null, softwareVersion: string, recipe?: string): DicomElement {
  const software = [fitText(`${PROGRAM} ${softwareVersion}`, 64)];
  if (info?.model) {
    software.push(fitText(`model ${info.model.id} ${info.model.variant}`, 64), info.model.sha256.slice(0, 64));
  }
  const description = [
    info?.model ? `model=${info.model.id}; variant=${info.model.variant}; sha256=${info.model.sha256}; license=${info.model.license}; backend=${info.backend}` : '',
    info && info.seed !== null ? `seed=${info.seed}` : '',
    recipe ? `recipe=${recipe}` : '',
  ].filter(Boolean).join('; ');
  const item: Record<string, DicomElement> = {
    '00080070': { vr: 'LO', Value: [PROGRAM] },
    '00081090': { vr: 'LO', Value: [PROGRAM] },
    '00181020': { vr: 'LO', Value: software },
    '0040A170': { vr: 'SQ', Value: [codeItem('109102', 'DCM', 'Processing Equipment')] },
  };
  if (description) item['0018A003'] = { vr: 'ST', Value: [fitText(description, 1024)] };
  return { vr: 'SQ', Value: [item] };
}
