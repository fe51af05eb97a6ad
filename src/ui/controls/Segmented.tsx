import { useRef } from 'react';

interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly disabled?: boolean;
}

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  wide?: boolean;
}

/** A few choices, one of them chosen: a radio group with roving focus. */
export function Segmented<T extends string>({ label, value, options, onChange, wide }: SegmentedProps<T>) {
  const ref = useRef<HTMLDivElement>(null);
  const move = (from: number, by: number) => {
    for (let step = 1; step <= options.length; step++) {
      const at = (from + by * step + options.length * step) % options.length;
      const option = options[at];
      if (!option || option.disabled) continue;
      onChange(option.value);
      (ref.current?.children[at] as HTMLElement | undefined)?.focus();
      return;
    }
  };
  // Where Tab comes in: the chosen one, else the first that can be chosen (Swipe on a slice that has no result).
  const chosen = options.findIndex((o) => o.value === value && !o.disabled);
  const entry = chosen >= 0 ? chosen : options.findIndex((o) => !o.disabled);
  return (
    <div ref={ref} className={wide ? 'segmented wide' : 'segmented'} role="radiogroup" aria-label={label}>
      {options.map((option, i) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={i === entry ? 0 : -1}
          disabled={option.disabled}
          onMouseDown={(e) => e.preventDefault()} // A click leaves the keys to the viewer; Tab still comes here.
          onClick={() => onChange(option.value)}
          onKeyDown={(e) => {
            const by = e.key === 'ArrowRight' || e.key === 'ArrowDown' ? 1 : e.key === 'ArrowLeft' || e.key === 'ArrowUp' ? -1 : 0;
            if (!by) return;
            e.preventDefault();
            e.stopPropagation();
            move(i, by);
          }}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
