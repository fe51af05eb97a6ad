import { useId, type ReactNode } from 'react';

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: ReactNode;
  /** In a list of steps: grey instead of accent. */
  quiet?: boolean;
  disabled?: boolean;
  /** The knob alone; `label` is its accessible name. */
  bare?: boolean;
}

export function Switch({ label, checked, onChange, hint, quiet, disabled, bare }: SwitchProps) {
  const id = useId();
  const knob = (
    <button
      type="button"
      role="switch"
      className={quiet ? 'switch quiet' : 'switch'}
      aria-checked={checked}
      aria-label={bare ? label : undefined}
      aria-labelledby={bare ? undefined : `${id}-label`}
      aria-describedby={hint && !bare ? `${id}-hint` : undefined}
      disabled={disabled}
      onClick={() => onChange(!checked)}
    />
  );
  if (bare) return knob;
  return (
    <div className="switch-row">
      <span id={`${id}-label`} onClick={() => !disabled && onChange(!checked)}>
        {label}
      </span>
      {knob}
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
    </div>
  );
}
