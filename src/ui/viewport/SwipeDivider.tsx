import { useRef } from 'react';
import { t } from '../strings/t';

/** The line between the two halves: drag it, or move it by arrow keys. */
export function SwipeDivider({ at, onChange }: { at: number; onChange: (at: number) => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const clamp = (v: number) => Math.min(1, Math.max(0, v));
  return (
    <div
      ref={ref}
      className="swipe-divider"
      role="slider"
      tabIndex={0}
      aria-label={t('stage.divider')}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      style={{ left: `${at * 100}%` }}
      onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
      onPointerMove={(e) => {
        if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
        const box = ref.current?.parentElement?.getBoundingClientRect();
        if (box) onChange(clamp((e.clientX - box.left) / box.width));
      }}
      onKeyDown={(e) => {
        const by = { ArrowLeft: -0.01, ArrowRight: 0.01 }[e.key];
        if (!by) return;
        e.preventDefault();
        e.stopPropagation();
        onChange(clamp(at + by * (e.shiftKey ? 10 : 1)));
      }}
    >
      <i />
    </div>
  );
}
