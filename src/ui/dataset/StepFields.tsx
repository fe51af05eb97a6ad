import { useEffect, useState } from 'react';
import { useModels } from '../../state/datasetModels';
import type { StepField } from '../../state/stepCatalog';
import { Segmented } from '../controls/Segmented';
import { Select } from '../controls/Select';
import { Switch } from '../controls/Switch';
import { w, wordOf } from './words';

interface NumberBoxProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
  /** True: this number is taken with Enter or on leaving only, since it may be the beginning of another. */
  waits?: (value: number) => boolean;
  width?: 'short' | 'long';
}

/** A number that is taken when it makes sense and is put back when it does not. Arrows change it by a step. */
export function NumberBox({ label, value, min, max, step, onChange, waits, width = 'short' }: NumberBoxProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const read = (typed: string) => (typed.trim() === '' ? NaN : Number(typed.replace(',', '.').replace('−', '-')));
  const within = (n: number) => Number.isFinite(n) && n >= min && n <= max;
  const fits = within(read(text));
  const settle = () => {
    setText(String(value));
    if (fits && waits?.(read(text))) onChange(read(text));
  };
  return (
    <input
      className={`field number-box ${width}`}
      inputMode="decimal"
      aria-label={label}
      aria-invalid={!fits || undefined}
      title={`${min} – ${max}`}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        const next = read(e.currentTarget.value);
        if (within(next) && !waits?.(next)) onChange(next);
      }}
      onBlur={settle}
      onKeyDown={(e) => {
        if (e.key === 'Enter') settle();
        const by = e.key === 'ArrowUp' ? step : e.key === 'ArrowDown' ? -step : 0;
        if (!by) return;
        e.preventDefault();
        e.stopPropagation();
        const next = Math.min(max, Math.max(min, tidy(value + by * (e.shiftKey ? 10 : 1))));
        onChange(next);
      }}
    />
  );
}

/** Takes away what binary fractions add: 0.30000000000000004. */
export const tidy = (n: number): number => Number(n.toPrecision(8));

interface FieldProps {
  field: StepField;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** One setting of a step. */
export function StepFieldRow({ field, value, onChange }: FieldProps) {
  const name = wordOf('field', field.key);
  if (field.kind === 'switch') return <Switch quiet label={name} checked={value === true} onChange={onChange} />;
  if (field.kind === 'model') return <ModelField field={field} value={String(value ?? '')} onChange={onChange} />;
  if (field.kind === 'text') {
    return (
      <div className="field-row">
        <span>{name}</span>
        <input className="field number-box long" aria-label={name} maxLength={64} placeholder={w('field.class.default')} value={typeof value === 'string' ? value : ''} onChange={(e) => onChange(e.currentTarget.value || undefined)} />
      </div>
    );
  }
  if (field.kind === 'choice') {
    const options = field.options.map((o) => ({ value: o, label: wordOf('option', o) }));
    return (
      <div className="field-row">
        <span>{name}</span>
        {options.length <= 3 ? (
          <Segmented label={name} value={String(value ?? options[0]?.value)} options={options} onChange={onChange} />
        ) : (
          <Select label={name} value={String(value ?? options[0]?.value)} options={options} onChange={onChange} />
        )}
      </div>
    );
  }
  if (field.kind === 'axes') {
    const chosen = Array.isArray(value) ? (value as string[]) : [];
    return (
      <div className="field-row" role="group" aria-label={name}>
        <span>{name}</span>
        <span className="row">
          {field.options.map((o) => (
            <label key={o} className="check">
              <input type="checkbox" checked={chosen.includes(o)} onChange={(e) => onChange(field.options.filter((x) => (x === o ? e.currentTarget.checked : chosen.includes(x))))} />
              {wordOf('option', o)}
            </label>
          ))}
        </span>
      </div>
    );
  }
  const scale = field.scale ?? 1;
  const shown = (n: number) => tidy(n * scale);
  const stored = (n: number) => tidy(n / scale);
  const limits = { min: shown(field.min), max: shown(field.max), step: shown(field.step) };
  if (field.kind === 'number') {
    return (
      <div className="field-row">
        <span>{name}</span>
        <span className="row">
          <NumberBox label={name} value={shown(Number(value ?? 0))} {...limits} onChange={(n) => onChange(stored(n))} />
          <span className="unit field-unit">{field.unit}</span>
        </span>
      </div>
    );
  }
  const [low, high] = Array.isArray(value) ? (value as [number, number]) : [Number(value), Number(value)];
  return (
    <div className="field-row">
      <span>{name}</span>
      <span className="row">
        <NumberBox label={w('field.low', { name })} value={shown(low)} {...limits} waits={(n) => stored(n) > high} onChange={(n) => onChange([stored(n), Math.max(stored(n), high)])} />
        <span className="unit">–</span>
        <NumberBox label={w('field.high', { name })} value={shown(high)} {...limits} waits={(n) => stored(n) < low} onChange={(n) => onChange([Math.min(stored(n), low), stored(n)])} />
        <span className="unit field-unit">{field.unit}</span>
      </span>
    </div>
  );
}

/** The models of a task, by what they are for. */
function ModelField({ field, value, onChange }: { field: Extract<StepField, { kind: 'model' }>; value: string; onChange: (value: string) => void }) {
  const models = useModels().filter((m) => m.task === field.task);
  const name = wordOf('field', field.key);
  const missing = value && !models.some((m) => m.id === value) ? [{ value, label: value, note: w('model.missing') }] : [];
  return <Select label={name} value={value} options={[...models.map((m) => ({ value: m.id, label: m.id, note: m.license.includes('NC') ? w('model.nc') : m.modality.join(', ') })), ...missing]} onChange={onChange} />;
}
