import { useRef, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { KeyCap } from './KeyCap';

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Accessible name, and the tooltip. */
  label: string;
  /** Key that does the same. */
  shortcut?: string;
  pressed?: boolean;
  icon: ReactNode;
}

/** 28 px icon with a name; the tooltip comes after half a second, or at once with keyboard focus. */
export function IconButton({ label, shortcut, pressed, icon, ...rest }: IconButtonProps) {
  const [tip, setTip] = useState<{ x: number; y: number; below: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const ref = useRef<HTMLButtonElement>(null);
  const show = (delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const box = ref.current?.getBoundingClientRect();
      if (!box) return;
      const below = box.bottom + 40 < window.innerHeight;
      setTip({ x: Math.min(window.innerWidth - 90, Math.max(70, box.left + box.width / 2)), y: below ? box.bottom + 6 : box.top - 34, below });
    }, delay);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setTip(null);
  };
  return (
    <>
      <button
        ref={ref}
        type="button"
        className="icon-btn"
        aria-label={label}
        aria-pressed={pressed}
        aria-keyshortcuts={shortcut}
        onMouseDown={(e) => e.preventDefault()} // A click leaves the keys to the viewer; Tab still comes here.
        onPointerEnter={(e) => e.pointerType === 'mouse' && show(500)}
        onPointerLeave={hide}
        onPointerDown={hide}
        onFocus={(e) => e.currentTarget.matches(':focus-visible') && show(0)}
        onBlur={hide}
        {...rest}
      >
        {icon}
      </button>
      {tip &&
        createPortal(
          <span className="tip" aria-hidden="true" style={{ left: tip.x, top: tip.y, transform: 'translateX(-50%)' }}>
            {label}
            {shortcut && <KeyCap>{shortcut}</KeyCap>}
          </span>,
          document.body,
        )}
    </>
  );
}
