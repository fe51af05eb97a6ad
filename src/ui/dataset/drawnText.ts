import type { Example } from '../../pipeline/buildDataset';
import { stepDef } from '../../state/stepCatalog';
import { stepName } from './stepWords';
import { wordOf } from './words';

const short = (n: number, digits = Math.abs(n) >= 10 ? 0 : Math.abs(n) >= 1 ? 1 : 2): string => n.toFixed(digits).replace('-', '−');

/** What a step drew, as short as it can be: `rotate 5.0°`, `glioma 21 mm`, `×2`. */
export function drawnText({ type, applied, values }: Example['steps'][number]): string {
  const model = typeof values.model === 'string' ? values.model : '';
  const name = stepName({ type, settings: { model } }).toLowerCase();
  if (!applied) return name;
  if (type === 'super-resolve') return `×${String(values.scale ?? 2)}`;
  if (type === 'insert-lesion') {
    const sizes = Array.isArray(values.sizeMm) ? (values.sizeMm as number[]) : [];
    const kind = model.includes('glioma') ? wordOf('option', 'glioma') : model.includes('nodule') ? wordOf('option', 'nodule') : name;
    return `${kind} ${sizes.map((s) => Math.round(s)).join(' + ')} mm`;
  }
  const fields = stepDef(type)?.fields ?? [];
  for (const field of fields) {
    const value = values[field.key];
    if (typeof value !== 'number' || (field.kind !== 'range' && field.kind !== 'number')) continue;
    const scale = field.scale ?? 1;
    const unit = field.unit === '°' ? '°' : field.unit && field.unit !== '×' ? ` ${field.unit}` : '';
    return `${name} ${field.unit === '×' ? short(value, 2) : short(value * scale)}${unit}`;
  }
  const numbers = Object.values(values).filter((v): v is number => typeof v === 'number');
  return numbers.length ? `${name} ${short(numbers[0]!)}` : name;
}
