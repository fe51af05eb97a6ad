import { Suspense, useRef } from 'react';
import { setView, useView, viewStore } from '../../state/view';
import { ErrorBoundary } from './ErrorBoundary';
import { t } from '../strings/t';
import { TASKS } from './tasks';

/** One task at a time; tabs stay, the middle scrolls. */
export function TaskPanel() {
  const task = useView((s) => s.task);
  const current = TASKS.find((x) => x.id === task) ?? TASKS[0]!;
  const ref = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const at = (TASKS.indexOf(current) + by + TASKS.length) % TASKS.length;
    setView({ task: TASKS[at]!.id });
    (ref.current?.children[at] as HTMLElement | undefined)?.focus();
  };
  return (
    <aside className="task-panel" aria-label={t('task.tabs')}>
      <div className="tabs" role="tablist" aria-label={t('task.tabs')} ref={ref}>
        {TASKS.map((def) => (
          <button
            key={def.id}
            type="button"
            role="tab"
            id={`tab-${def.id}`}
            aria-selected={def.id === task}
            aria-controls="task-body"
            tabIndex={def.id === task ? 0 : -1}
            onMouseDown={(e) => e.preventDefault()}
            onClick={() => setView({ task: def.id, sheet: viewStore.getState().sheet === 'full' ? 'full' : 'half' })}
            onKeyDown={(e) => {
              const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
              if (!by) return;
              e.preventDefault();
              e.stopPropagation();
              move(by);
            }}
          >
            {t(def.label)}
          </button>
        ))}
      </div>
      <div className="task-body" id="task-body" role="tabpanel" aria-labelledby={`tab-${task}`}>
        <ErrorBoundary key={task}>
          <Suspense fallback={null}>{current.Panel ? <current.Panel /> : <p className="hint panel-section">{t('task.missing')}</p>}</Suspense>
        </ErrorBoundary>
      </div>
    </aside>
  );
}
