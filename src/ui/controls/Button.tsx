import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: 'primary' | 'plain' | 'destructive';
  small?: boolean;
  wide?: boolean;
  icon?: ReactNode;
}

export function Button({ variant = 'plain', small, wide, icon, className = '', children, ...rest }: ButtonProps) {
  const classes = ['btn', variant === 'plain' ? '' : variant, small ? 'small' : '', wide ? 'wide' : '', className];
  return (
    <button type="button" className={classes.filter(Boolean).join(' ')} {...rest}>
      {icon}
      {children}
    </button>
  );
}

export function TextButton({ className = '', ...rest }: ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" className={`text-btn ${className}`} {...rest} />;
}

interface RunningButtonProps {
  /** `Enhancing 9 of 20` */
  label: string;
  /** 0…1 */
  fraction: number;
  cancelLabel: string;
  onCancel: () => void;
}

/** Stands in the place of the button that started the work, at the same size. */
export function RunningButton({ label, fraction, cancelLabel, onCancel }: RunningButtonProps) {
  return (
    <div className="running-btn">
      <span className="fill" style={{ transform: `scaleX(${Math.min(1, Math.max(0, fraction))})`, position: 'absolute' }} />
      <span className="num">{label}</span>
      <button type="button" onClick={onCancel}>
        {cancelLabel}
      </button>
    </div>
  );
}
