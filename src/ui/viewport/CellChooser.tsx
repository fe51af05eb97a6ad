import { ChevronDown } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { t } from '../strings/t';

const CellMenu = lazy(() => import('./CellMenu'));

/** Opens the list of what a cell can show; lies over the cell's title. `cell`: its place in the layout, from 0. */
export function CellChooser({ cell, shown, name, title }: { cell: number; shown: string | null; name: string; title: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const label = t('cell.choose', { name });
  // As wide as the title that it lies over.
  const icon = (
    <>
      <strong aria-hidden="true">{title}</strong>
      <ChevronDown size={14} strokeWidth={1.5} aria-hidden="true" />
    </>
  );
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    // The pointer belongs to the button here, not to the image below.
    const keep = (event: Event) => event.stopPropagation();
    element.addEventListener('pointerdown', keep);
    element.addEventListener('dblclick', keep);
    return () => {
      element.removeEventListener('pointerdown', keep);
      element.removeEventListener('dblclick', keep);
    };
  }, []);
  const button = (
    <button type="button" className="cell-chooser" aria-label={label} aria-haspopup="menu" onClick={() => setOpen(true)}>
      {icon}
    </button>
  );
  return (
    <span ref={ref} className="cell-chooser-place">
      {open ? (
        <Suspense fallback={button}>
          <CellMenu cell={cell} shown={shown} label={label} trigger={icon} onClose={() => setOpen(false)} />
        </Suspense>
      ) : (
        button
      )}
    </span>
  );
}
