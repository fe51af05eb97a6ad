import { Dices } from 'lucide-react';
import { useState } from 'react';
import type { OutputFormat, Recipe, RecipeOutput } from '../../pipeline/recipes';
import { changeRecipe, useRecipe } from '../../state/datasetRecipe';
import { TextButton } from '../controls/Button';
import { IconButton } from '../controls/IconButton';
import { PanelSection } from '../controls/Panel';
import { Chip } from '../controls/Stat';
import { DeidentifyRows } from './DeidentifyRows';
import { NumberBox } from './StepFields';
import { w, wordOf } from './words';

const FORMATS: readonly RecipeOutput[] = [
  { format: 'nnunet', datasetId: 1 },
  { format: 'dicom', segmentations: true },
  { format: 'png', coco: true, yolo: false },
  { format: 'npz' },
  { format: 'bids' },
];

/** `nnU-Net v2`, `DICOM + SEG`, `PNG 16 bit + COCO + YOLO` */
export function outputName(output: RecipeOutput): string {
  if (output.format === 'dicom') return output.segmentations ? `${w('output.dicom')} + SEG` : w('output.dicom');
  if (output.format === 'png') return [w('output.png'), ...(output.coco ? ['COCO'] : []), ...(output.yolo ? ['YOLO'] : [])].join(' + ');
  return wordOf('output', output.format);
}

/** How many, from which seed, into which formats, and what of the people goes. */
export function SetSection() {
  const recipe = useRecipe((s) => s.draft.recipe);
  const [editing, setEditing] = useState(false);
  const has = (format: OutputFormat) => recipe.outputs.find((o) => o.format === format);
  const put = (output: RecipeOutput | null, format: OutputFormat) => {
    const order = FORMATS.map((f) => f.format);
    const rest = recipe.outputs.filter((o) => o.format !== format);
    changeRecipe({ outputs: [...rest, ...(output ? [output] : [])].sort((a, b) => order.indexOf(a.format) - order.indexOf(b.format)) });
  };
  return (
    <PanelSection>
      <div className="field-row">
        <span>{w('copies')}</span>
        <span className="row">
          <label className="check hint-label">
            <input type="checkbox" checked={recipe.originals} onChange={(e) => changeRecipe({ originals: e.currentTarget.checked })} />
            {w('originals')}
          </label>
          <NumberBox label={w('copies')} value={recipe.copies} min={0} max={10000} step={1} onChange={(n) => changeRecipe({ copies: Math.round(n) })} />
        </span>
      </div>
      <div className="field-row">
        <span>{w('seed')}</span>
        <span className="row">
          <NumberBox label={w('seed')} width="long" value={recipe.seed} min={0} max={2147483647} step={1} onChange={(n) => changeRecipe({ seed: Math.round(n) })} />
          <IconButton label={w('seed.another')} icon={<Dices size={14} strokeWidth={1.5} />} onClick={() => changeRecipe({ seed: crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 })} />
        </span>
      </div>
      <div className="field-row">
        <span>{w('outputs')}</span>
        <span className="chips">
          {recipe.outputs.map((o) => (
            <Chip key={o.format}>{outputName(o)}</Chip>
          ))}
          <TextButton aria-expanded={editing} aria-label={`${w('outputs')}: ${w(editing ? 'sources.done' : 'outputs.edit')}`} onClick={() => setEditing(!editing)}>
            {w(editing ? 'sources.done' : 'outputs.edit')}
          </TextButton>
        </span>
      </div>
      {recipe.outputs.length === 0 && <p className="field-error">{w('outputs.none')}</p>}
      {editing && (
        <ul className="check-list" aria-label={w('outputs')}>
          {FORMATS.map((standard) => {
            const chosen = has(standard.format);
            return (
              <li key={standard.format}>
                <label className="check">
                  <input type="checkbox" checked={chosen !== undefined} onChange={(e) => put(e.currentTarget.checked ? standard : null, standard.format)} />
                  {wordOf('output', standard.format)}
                </label>
                {chosen?.format === 'dicom' && <Extra label={w('output.seg')} on={chosen.segmentations} onChange={(segmentations) => put({ ...chosen, segmentations }, 'dicom')} />}
                {chosen?.format === 'png' && (
                  <>
                    <Extra label="COCO" on={chosen.coco} onChange={(coco) => put({ ...chosen, coco }, 'png')} />
                    <Extra label={w('output.yolo')} on={chosen.yolo} onChange={(yolo) => put({ ...chosen, yolo }, 'png')} />
                  </>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <DeidentifyRows settings={recipe.deidentify} onChange={(changes: Partial<Recipe['deidentify']>) => changeRecipe({ deidentify: { ...recipe.deidentify, ...changes } })} />
    </PanelSection>
  );
}

function Extra({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />
      {label}
    </label>
  );
}
