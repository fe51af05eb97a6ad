import { stringOf } from '../core/dicomJson';
import { rootSource } from '../core/lineage';
import type { Slice } from '../core/slice';
import type { ModelEntry } from '../models';
import { isUnknown, scopeWarnings, unknownToCard, type ScopeWarning } from './cardScope';

export type LesionWarningCode = ScopeWarning['code'] | 'not-flair' | 'sequence-unknown' | 'spacing-unknown' | 'non-commercial' | 'already-synthetic' | 'placed-by-hand';

/** Something the card of the model does not cover, or its licence asks for. `text`: one finished English sentence. */
export interface LesionWarning {
  readonly code: LesionWarningCode;
  readonly text: string;
}

/** What should be said before a lesion model runs on this slice. Empty when all is well. */
export function lesionWarnings(slice: Slice, model: ModelEntry): LesionWarning[] {
  const warnings: LesionWarning[] = [...scopeWarnings(slice, model)];
  if (slice.raster.unit !== 'HU') {
    const flair = isFlair(slice);
    if (flair === false) warnings.push({ code: 'not-flair', text: 'This is not a FLAIR series. The model saw only FLAIR; look closely.' });
    if (flair === null) warnings.push({ code: 'sequence-unknown', text: 'The file does not say which sequence this is. The model saw only FLAIR; look closely.' });
  }
  if (!slice.pixelSpacingMm) warnings.push({ code: 'spacing-unknown', text: 'The pixel size is not known. Sizes are in pixels, and the texture may have the wrong scale.' });
  if (/NC/.test(model.license)) warnings.push({ code: 'non-commercial', text: `This model and what is made with it are non-commercial (${model.license}).` });
  if (slice.source.kind === 'generated') warnings.push({ code: 'already-synthetic', text: 'The slice is generated already; the lesion is added to that.' });
  return warnings;
}

/**
 * True for FLAIR, false for another MR sequence, null where nothing tells. By the description, or by an inversion time
 * of 1,500 to 3,200 ms with an echo time above 70 ms (fluid is nulled and the weighting is T2).
 */
export function isFlair(slice: Slice): boolean | null {
  const source = rootSource(slice.source);
  if (source.kind === 'nifti' || source.kind === 'image') {
    return /flair/i.test(source.name) ? true : /(^|[^a-z])(t1|t2|pd|dwi|adc|swi)([^a-z]|$)/i.test(source.name) ? false : null;
  }
  const a = source.kind === 'dicom' ? source.attributes : undefined;
  const words = ['0008103E', '00181030', '00180024', '00400254', '00400007'].map((tag) => stringOf(a, tag) ?? '').join(' ');
  if (/flair|dark.?fluid/i.test(words)) return true;
  const inversion = Number(stringOf(a, '00180082') ?? NaN);
  const echo = Number(stringOf(a, '00180081') ?? NaN);
  if (inversion >= 1500 && inversion <= 3200 && echo > 70) return true;
  if (/\b(t1|t2|pd|fse|dwi|adc|swi|mprage|bravo|tof|perf)/i.test(words) || Number.isFinite(echo)) return false;
  return null;
}

/** The marks for provenance: what lies outside the card (a licence does not), and what the file does not tell. */
export function lesionMarks(warnings: readonly LesionWarning[]): { readonly outsideCard: string | null; readonly unknownToCard?: string } {
  const outside = warnings.map((w) => w.code).filter((c) => c !== 'non-commercial' && !isUnknown(c));
  return { outsideCard: outside.join(' ') || null, ...unknownToCard(warnings) };
}
