import type { ReactNode } from 'react';

/** A group of the task panel between two hairlines. */
export function PanelSection({ label, aside, children }: { label?: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="panel-section" aria-label={label}>
      {(label || aside) && (
        <div className="panel-label">
          {label && <h2>{label}</h2>}
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

/** Buttons that stay at the foot of the panel while the middle scrolls. */
export function PanelFoot({ children }: { children: ReactNode }) {
  return <div className="panel-foot">{children}</div>;
}
