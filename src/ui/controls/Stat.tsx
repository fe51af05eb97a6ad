import type { ReactNode } from 'react';

/** A figure with its name; a dash where it is not there yet, so that the room does not move. */
export function Stat({ name, value, unit, best }: { name: ReactNode; value: ReactNode; unit?: ReactNode; best?: boolean }) {
  return (
    <div className={best ? 'stat best' : 'stat'}>
      <dt>{name}</dt>
      {/* A new element when the value comes: a dash that gives way is no layout shift. */}
      <dd key={value == null ? 'dash' : 'value'}>
        {value ?? '–'}
        {value != null && unit != null && <span className="unit"> {unit}</span>}
      </dd>
    </div>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <dl className="stats">{children}</dl>;
}

export function Chip({ kind, children }: { kind?: 'syn' | 'warn' | 'off'; children: ReactNode }) {
  return (
    <span className={kind ? `chip ${kind}` : 'chip'}>
      {kind === 'syn' && <span aria-hidden="true">◆</span>}
      {children}
    </span>
  );
}
