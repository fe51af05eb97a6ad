import { useLayoutEffect, useRef, type ButtonHTMLAttributes, type ReactNode } from 'react';

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

/** Focus for whoever works by keys; after a click the viewer's keys (Space, Enter) belong to the stage, not to a button. */
function focusForKeys(element: HTMLElement | null | undefined): void {
  element?.focus({ preventScroll: true });
  if (element?.matches(':focus-visible') === false) element.blur();
}

/** Stands in the place of the button that started the work, at the same size; takes the focus over from it, and gives it back. */
export function RunningButton({ label, fraction, cancelLabel, onCancel }: RunningButtonProps) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const here = place.current!;
    const around = here.parentElement;
    if (document.activeElement === null || document.activeElement === document.body) focusForKeys(here);
    return () => {
      if (here.contains(document.activeElement)) requestAnimationFrame(() => focusForKeys(around?.querySelector<HTMLElement>('.btn.primary, .btn')));
    };
  }, []);
  return (
    <div ref={place} className="running-btn" tabIndex={-1}>
      <span className="fill" style={{ transform: `scaleX(${Math.min(1, Math.max(0, fraction))})`, position: 'absolute' }} />
      <span className="num">{label}</span>
      <button type="button" onClick={onCancel}>
        {cancelLabel}
      </button>
    </div>
  );
}
