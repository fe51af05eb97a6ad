import { Menu } from '@base-ui/react/menu';
import { Plus } from 'lucide-react';
import { useModels } from '../../state/datasetModels';
import { addStep } from '../../state/datasetRecipe';
import { STEP_DEFS, type StepDef, type StepGroup } from '../../state/stepCatalog';
import { popupRoot } from '../controls/popupRoot';
import { w, wordOf } from './words';

const GROUPS: readonly StepGroup[] = ['models', 'geometry', 'values', 'mr', 'ct'];

/** Every step there is, in groups; physics only of the modality at hand. */
export function AddStep({ modality }: { modality: string | null }) {
  const models = useModels();
  /** Steps that run a model begin with an installed one of this modality; without one they cannot be added. */
  const modelFor = (def: StepDef): string | null | undefined => {
    const field = def.fields.find((f) => f.kind === 'model');
    if (!field) return undefined;
    const suiting = models.filter((m) => m.task === field.task && (!modality || m.modality.includes(modality)));
    return (suiting.find((m) => m.id === def.defaults.model) ?? (def.defaults.model ? undefined : suiting[0]))?.id ?? null;
  };
  const add = (def: StepDef) => {
    const model = modelFor(def);
    addStep({ type: def.type, probability: def.probability ?? 0.5, on: true, settings: model ? { ...def.defaults, model } : def.defaults });
  };
  const fits = (def: StepDef) => !((def.group === 'mr' && modality === 'CT') || (def.group === 'ct' && modality === 'MR'));
  return (
    <Menu.Root>
      <Menu.Trigger className="add-step">
        <Plus size={14} strokeWidth={1.5} aria-hidden="true" />
        {w('steps.add')}
      </Menu.Trigger>
      <Menu.Portal container={popupRoot()}>
        <Menu.Positioner className="popup-positioner" sideOffset={4} align="start">
          <Menu.Popup className="popup">
            {GROUPS.map((group) => {
              const defs = STEP_DEFS.filter((d) => d.group === group && fits(d));
              if (defs.length === 0) return null;
              return (
                <Menu.Group key={group}>
                  <Menu.GroupLabel className="menu-label">{wordOf('group', group)}</Menu.GroupLabel>
                  {defs.map((def) => (
                    <Menu.Item key={def.key} className="option" disabled={modelFor(def) === null} onClick={() => add(def)}>
                      {wordOf('step', def.key)}
                    </Menu.Item>
                  ))}
                </Menu.Group>
              );
            })}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
