import { ChevronRight } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';

/** Advanced settings, folded; `note` says what they are set to. */
export function Fold({ label, note, children }: { label: string; note?: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div className="fold">
      <button type="button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <ChevronRight size={14} strokeWidth={1.5} aria-hidden="true" />
        {label}
        {!open && note && <span className="note cut">{note}</span>}
      </button>
      <div id={id} hidden={!open} className="fold-body">
        {open && children}
      </div>
    </div>
  );
}
