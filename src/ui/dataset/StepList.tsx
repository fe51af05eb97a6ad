import { GripVertical, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { changeStep, moveStep, recipeStore, removeStep, setStepField, toggleStep, useRecipe, type PanelStep } from '../../state/datasetRecipe';
import { announce } from '../../state/notices';
import { stepDef } from '../../state/stepCatalog';
import { TextButton } from '../controls/Button';
import { Slider } from '../controls/Slider';
import { Switch } from '../controls/Switch';
import { StepFieldRow } from './StepFields';
import { stepName, stepSummary } from './stepWords';
import { w } from './words';

/** The steps in the order they run. Dragged by the grip, or moved with the arrow keys while the grip has focus. */
export function StepList() {
  const steps = useRecipe((s) => s.draft.steps);
  const open = useRecipe((s) => s.openStep);
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string | null>(null);

  const say = (step: PanelStep, to: number) => announce(w('steps.moved', { name: stepName(step), n: to + 1, count: steps.length }));
  // Followed on the window: a row that is moved in the list loses a captured pointer.
  useEffect(() => {
    if (!dragged) return;
    const follow = (e: PointerEvent) => {
      const rows = [...(list.current?.children ?? [])].map((row) => row.getBoundingClientRect());
      const { steps: now } = recipeStore.getState().draft;
      const i = now.findIndex((s) => s.id === dragged);
      const own = rows[i];
      if (!own) return;
      const y = Math.min(rows.at(-1)!.bottom - 1, Math.max(rows[0]!.top + 1, e.clientY));
      const to = rows.findIndex((row) => y >= row.top && y < row.bottom);
      const target = rows[to];
      // Rows of unlike height change places only once the pointer would lie on the dragged row afterwards.
      if (!target || to === i || (to > i ? y < target.bottom - own.height : y > target.top + own.height)) return;
      moveStep(dragged, to);
    };
    const end = () => {
      const { steps: now } = recipeStore.getState().draft;
      const i = now.findIndex((s) => s.id === dragged);
      if (now[i]) announce(w('steps.moved', { name: stepName(now[i]), n: i + 1, count: now.length }));
      setDragged(null);
    };
    window.addEventListener('pointermove', follow);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
    return () => {
      window.removeEventListener('pointermove', follow);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
    };
  }, [dragged]);

  if (steps.length === 0) return <p className="hint">{w('steps.none')}</p>;
  return (
    <ol className="step-list" ref={list}>
      {steps.map((step, i) => {
        const name = stepName(step);
        return (
          <li key={step.id} className={['step', step.on ? '' : 'off', open === step.id ? 'open' : '', dragged === step.id ? 'dragged' : ''].filter(Boolean).join(' ')}>
            <div className="step-row">
              <button
                type="button"
                className="grip"
                aria-label={w('steps.move', { name, n: i + 1, count: steps.length })}
                title={w('steps.move.hint')}
                onKeyDown={(e) => {
                  const to = e.key === 'ArrowUp' ? i - 1 : e.key === 'ArrowDown' ? i + 1 : e.key === 'Home' ? 0 : e.key === 'End' ? steps.length - 1 : null;
                  if (to === null) return;
                  e.preventDefault();
                  e.stopPropagation();
                  if (to < 0 || to >= steps.length || to === i) return;
                  moveStep(step.id, to);
                  say(step, to);
                }}
                onPointerDown={(e) => {
                  if (e.button !== 0) return;
                  e.preventDefault();
                  e.currentTarget.focus();
                  setDragged(step.id);
                }}
              >
                <GripVertical size={14} strokeWidth={1.5} aria-hidden="true" />
              </button>
              <button type="button" className="step-name" aria-expanded={open === step.id} aria-label={`${w('steps.edit', { name })} ${stepSummary(step)}`} onClick={() => toggleStep(step.id)}>
                <span className="cut">{name}</span>{' '}
                <span className="hint cut">{stepSummary(step)}</span>
              </button>
              <span className="num step-p">{step.probability.toFixed(step.probability * 10 === Math.round(step.probability * 10) ? 1 : 2)}</span>
              <Switch bare quiet label={w('steps.on', { name })} checked={step.on} onChange={(on) => changeStep(step.id, { on })} />
            </div>
            {open === step.id && <StepSettings step={step} />}
          </li>
        );
      })}
    </ol>
  );
}

function StepSettings({ step }: { step: PanelStep }) {
  const def = stepDef(step.type);
  return (
    <div className="step-settings">
      <Slider label={w('field.probability')} value={step.probability} min={0} max={1} step={0.05} format={(v) => v.toFixed(2)} onChange={(v) => changeStep(step.id, { probability: Math.round(v * 100) / 100 })} />
      {def?.fields.map((field) => <StepFieldRow key={field.key} field={field} value={step.settings[field.key]} onChange={(value) => setStepField(step.id, field.key, value)} />)}
      <TextButton
        className="step-remove"
        onClick={() => {
          removeStep(step.id);
          announce(w('steps.removed', { name: stepName(step) }));
        }}
      >
        <Trash2 size={12} strokeWidth={1.5} aria-hidden="true" /> {w('steps.remove')}
      </TextButton>
    </div>
  );
}
