import type { ReactNode } from 'react';

export function KeyCap({ children }: { children: ReactNode }) {
  return <kbd className="key">{children}</kbd>;
}
