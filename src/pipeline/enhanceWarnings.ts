import { numbersOf } from '../core/dicomJson';
import { rootSource } from '../core/lineage';
import type { Slice } from '../core/slice';
import type { ModelEntry, ModelRegistry } from '../models';
import { scopeWarnings, type ScopeWarning } from './cardScope';

export type EnhanceWarningCode = ScopeWarning['code'] | 'other-modality' | 'already-high-resolution' | 'localizer' | 'interpolated-matrix' | 'not-square' | 'eight-bit' | 'clamped' | 'backend-fell-back' | 'non-commercial';
/** Something to say before or after the run. `text`: one finished English sentence. */
export interface EnhanceWarning {
  readonly code: EnhanceWarningCode;
  readonly text: string;
}

/** Pixels finer than this (mm) gain nothing that the training data could teach. */
const FINE_MM = 0.5;

/** What should be said before a model runs on this series or slice. Empty when all is well. */
export function warningsFor(slice: Slice, modelId: string, models: ModelRegistry): EnhanceWarning[] {
  const model = models.get(modelId);
  const out: EnhanceWarning[] = [];
  const say = (code: EnhanceWarningCode, text: string): void => void out.push({ code, text });
  if (!model.modality.includes(slice.modality)) {
    say('other-modality', `This model was trained on ${model.modality.join(' and ')}; the image is ${slice.modality || 'of unknown modality'}, so the result means nothing until it has been measured.`);
  }
  out.push(...scopeWarnings(slice, model));
  const spacing = slice.pixelSpacingMm;
  if (spacing && Math.max(...spacing) < FINE_MM) {
    say('already-high-resolution', `The pixels are ${round(Math.max(...spacing))} mm already; enlarging them ${model.scale}× adds no detail that a scanner has shown.`);
  }
  if (spacing && Math.abs(spacing[0] / spacing[1] - 1) > 0.01) {
    say('not-square', `The pixels are not square (${round(spacing[0])} × ${round(spacing[1])} mm); the model was trained on square ones.`);
  }
  const root = rootSource(slice.source);
  if (root.kind === 'dicom') {
    const type = (root.attributes['00080008']?.Value ?? []).map((v) => String(v).toUpperCase());
    if (type.some((t) => t === 'LOCALIZER' || t === 'SCOUT')) say('localizer', 'This is a localizer, made for planning, not for enlargement.');
    const acquired = numbersOf(root.attributes, '00181310').filter((n) => n > 0);
    const { width, height } = slice.raster;
    if (slice.source.kind === 'dicom' && acquired.length >= 2 && (Math.max(...acquired) < Math.max(width, height) || Math.min(...acquired) < Math.min(width, height))) {
      say('interpolated-matrix', `The scanner acquired ${acquired.join(' × ')} and interpolated to ${height} × ${width}; detail above what was acquired is the model’s.`);
    }
  }
  if (root.kind === 'image' && root.bits === 8) say('eight-bit', 'The picture has 8 bits and no geometry; the result keeps no more grey levels than it had.');
  if (isNonCommercial(model)) say('non-commercial', `The model is for non-commercial use only (${model.license}), and so is what it makes.`);
  return out;
}

/** Of a result, or of all of a series together. */
export const clampedWarning = (pixels: number): EnhanceWarning => ({ code: 'clamped', text: `${pixels} pixels did not fit the stored type and were clamped to it.` });

/** Codes that say that the image lies outside what the card of the model covers. */
const OUTSIDE: ReadonlySet<string> = new Set<EnhanceWarningCode>(['other-modality', 'other-body-part', 'other-sequence', 'already-high-resolution', 'not-square']);

/** The mark for provenance: those codes, or null. */
export const outsideCard = (warnings: readonly EnhanceWarning[]): string | null => warnings.map((w) => w.code).filter((c) => OUTSIDE.has(c)).join(' ') || null;

const isNonCommercial = (model: ModelEntry): boolean => /(^|-)NC(-|$)/.test(model.license);
const round = (mm: number): string => String(Math.round(mm * 100) / 100);
