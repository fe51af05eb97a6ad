import { useId, type CSSProperties, type ReactNode } from 'react';

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
  /** Value as it is read, with its unit. */
  format?: (value: number) => ReactNode;
  /** Spoken value, where `format` gives more than text. */
  valueText?: string;
  /** Two named ends instead of an amount: no fill, a tick in the middle. */
  ends?: readonly [string, string];
  /** Double-click goes back to it. */
  reset?: number;
  disabled?: boolean;
}

/** Arrows move 1 %, Shift + arrows or Page Up and Down 10 %, Home and End go to the ends. */
export function Slider({ label, value, min, max, step, onChange, format, valueText, ends, reset, disabled }: SliderProps) {
  const id = useId();
  const fill = ends ? 0 : ((value - min) / (max - min)) * 100;
  const clamp = (v: number) => Math.min(max, Math.max(min, Math.round(v / step) * step));
  return (
    <div className="slider">
      <div className="head">
        <label htmlFor={id}>{label}</label>
        <output htmlFor={id}>{format ? format(value) : value}</output>
      </div>
      <div className="track">
        {ends && <span className="tick" />}
        <input
          id={id}
          type="range"
          min={min}
          max={max}
          step={step}
          value={value}
          disabled={disabled}
          aria-valuetext={valueText}
          style={{ '--fill': `${fill}%` } as CSSProperties}
          onChange={(e) => onChange(Number(e.currentTarget.value))}
          onDoubleClick={() => reset !== undefined && onChange(reset)}
          onKeyDown={(e) => {
            const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -100, End: 100 }[e.key];
            if (!by) return;
            e.preventDefault();
            e.stopPropagation();
            onChange(clamp(value + Math.sign(by) * Math.max(step, (max - min) * Math.abs(by) * (e.shiftKey ? 0.1 : 0.01))));
          }}
        />
      </div>
      {ends && (
        <div className="ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
    </div>
  );
}
