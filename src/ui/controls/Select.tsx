import { Select as Base } from '@base-ui/react/select';
import { ChevronDown } from 'lucide-react';
import { popupRoot } from './popupRoot';
import type { ReactNode } from 'react';

interface SelectOption<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Small words at the right: size, name. */
  readonly note?: string;
  readonly icon?: ReactNode;
  readonly disabled?: boolean;
  /** Options of one group stand together under its name, after those of none. */
  readonly group?: string;
}

interface SelectProps<T extends string> {
  label: string;
  value: T | null;
  options: readonly SelectOption<T>[];
  onChange: (value: T) => void;
  placeholder?: string;
  disabled?: boolean;
}

export function Select<T extends string>({ label, value, options, onChange, placeholder = '', disabled }: SelectProps<T>) {
  const chosen = options.find((o) => o.value === value);
  const item = (option: SelectOption<T>) => (
    <Base.Item key={option.value} value={option.value} className="option" disabled={option.disabled}>
      {option.icon}
      <Base.ItemText>{option.label}</Base.ItemText>
      {option.note && <span className="note">{option.note}</span>}
    </Base.Item>
  );
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => next !== null && onChange(next as T)}
      disabled={disabled}
      items={options.map((o) => ({ value: o.value, label: o.label }))}
    >
      <Base.Trigger className="select-trigger" aria-label={label}>
        {chosen?.icon}
        <span className="cut">{chosen?.label ?? placeholder}</span>
        <span className="note cut">{chosen?.note}</span>
        <ChevronDown size={14} strokeWidth={1.5} aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal container={popupRoot()}>
        <Base.Positioner className="popup-positioner" sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className="popup">
            {options.filter((o) => !o.group).map(item)}
            {[...new Set(options.flatMap((o) => o.group ?? []))].map((group) => (
              <Base.Group key={group}>
                <Base.GroupLabel className="menu-label">{group}</Base.GroupLabel>
                {options.filter((o) => o.group === group).map(item)}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
