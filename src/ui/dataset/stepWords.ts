import type { PanelStep } from '../../state/datasetRecipe';
import { stepDef, type StepField } from '../../state/stepCatalog';
import { tidy } from './StepFields';
import { w, wordOf } from './words';

/** `Insert glioma`, `Super-resolve ×2`, `Rotate`. */
export function stepName(step: Pick<PanelStep, 'type' | 'settings'>): string {
  const model = typeof step.settings.model === 'string' ? step.settings.model : '';
  if (step.type === 'insert-lesion') return model.includes('glioma') ? w('step.insert-lesion.glioma') : model.includes('nodule') ? w('step.insert-lesion.nodule') : w('step.insert-lesion');
  const scale = /-x(\d)$/.exec(model)?.[1];
  return step.type === 'super-resolve' && scale ? `${wordOf('step', step.type)} ×${scale}` : wordOf('step', step.type);
}

const minus = (n: number): string => String(tidy(n)).replace('-', '−');

function rangeText(field: Extract<StepField, { kind: 'range' }>, value: unknown): string {
  const scale = field.scale ?? 1;
  const [low, high] = Array.isArray(value) ? (value as [number, number]) : [Number(value), Number(value)];
  const unit = field.unit === '°' || field.unit === '' ? field.unit : field.unit === '×' ? '' : ` ${field.unit}`;
  if (low === high) return `${field.unit === '×' ? '×' : ''}${minus(low * scale)}${unit}`;
  if (low === -high) return `± ${minus(high * scale)}${unit}`;
  return `${w('sum.to', { low: minus(low * scale), high: minus(high * scale) })}${unit}`;
}

/** The settings in one line, as far as they say something: `± 12°`, `1 to 3 %`, `1 to 2, 8 to 24 mm`. */
export function stepSummary(step: PanelStep): string {
  const parts: string[] = [];
  for (const field of stepDef(step.type)?.fields ?? []) {
    const value = step.settings[field.key];
    if (value === undefined || value === null || value === '') continue;
    if (field.kind === 'model' && step.type !== 'insert-lesion') parts.push(String(value));
    else if (field.kind === 'range') parts.push(rangeText(field, value));
    else if (field.kind === 'choice') parts.push(wordOf('option', String(value)));
    else if (field.kind === 'axes' && Array.isArray(value)) parts.push(value.map((v) => wordOf('option', String(v))).join(' + '));
    else if (field.key === 'perceptual') parts.push(Number(value) > 0 ? `${wordOf('option', 'perceptual')} ${Number(value).toFixed(2)}` : wordOf('option', 'faithful'));
  }
  return parts.slice(0, 2).join(', ');
}
