import { GripVertical, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { changeStep, moveStep, removeStep, setStepField, toggleStep, useRecipe, type PanelStep } from '../../state/datasetRecipe';
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
  const over = (y: number): number => {
    const rows = [...(list.current?.children ?? [])];
    const at = rows.findIndex((row) => {
      const box = row.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    return at < 0 ? rows.length - 1 : at;
  };

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
                  e.currentTarget.setPointerCapture(e.pointerId);
                  setDragged(step.id);
                }}
                onPointerMove={(e) => {
                  if (dragged !== step.id) return;
                  const to = over(e.clientY);
                  // Only once the pointer is past the middle of the neighbour, so that rows of unlike height do not flicker.
                  if (to !== i && Math.abs(to - i) >= 1 && !(to === i + 1 && e.clientY < e.currentTarget.getBoundingClientRect().bottom)) moveStep(step.id, to);
                }}
                onPointerUp={() => {
                  if (dragged === step.id) say(step, i);
                  setDragged(null);
                }}
                onLostPointerCapture={() => setDragged(null)}
              >
                <GripVertical size={14} strokeWidth={1.5} aria-hidden="true" />
              </button>
              <button type="button" className="step-name" aria-expanded={open === step.id} aria-label={w('steps.edit', { name })} onClick={() => toggleStep(step.id)}>
                <span className="cut">{name}</span>
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
