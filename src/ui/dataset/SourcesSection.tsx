import { useState } from 'react';
import { chooseSource, chosenItems, suits, useSources } from '../../state/datasetSources';
import { useLibrary } from '../../state/library';
import { TextButton } from '../controls/Button';
import { counted, w } from './words';

/** Which series the set is built from: those that suit the recipe, unless the person picks. */
export function SourcesSection({ modalities, labelSets }: { modalities: readonly string[]; labelSets: number }) {
  const items = useLibrary((s) => s.items);
  const chosen = useSources((s) => s.chosen);
  const [open, setOpen] = useState(false);
  const taken = chosenItems(items, chosen, modalities);
  const studies = new Set(taken.map((i) => i.studyId)).size;
  const slices = taken.reduce((n, i) => n + i.source.series.slices.length, 0);
  const labels = labelSets === 0 ? w('sources.labels.none') : counted(labelSets, 'sources.labels.one', 'sources.labels');
  return (
    <>
      <div className="row between">
        <span className={taken.length ? 'cut' : 'warn-text'}>
          {taken.length ? `${counted(studies, 'sources.studies.one', 'sources.studies')}, ${counted(slices, 'sources.slices.one', 'sources.slices')}, ${labels}` : w('sources.none')}
        </span>
        <TextButton aria-expanded={open} onClick={() => setOpen(!open)}>
          {w(open ? 'sources.done' : 'sources.choose')}
        </TextButton>
      </div>
      {open && (
        <ul className="source-list" aria-label={w('sources')}>
          {items.map((item) => {
            const { series } = item.source;
            const fits = suits(item, modalities);
            const name = `${item.study}, ${series.description || series.modality}`;
            return (
              <li key={item.id}>
                <label className={fits ? 'check' : 'check off'}>
                  <input type="checkbox" aria-label={w('sources.pick', { name })} checked={taken.includes(item)} disabled={!fits} onChange={(e) => chooseSource(item.id, e.currentTarget.checked, modalities)} />
                  <span className="cut">{name}</span>
                  <span className="hint">{fits ? counted(series.slices.length, 'sources.slices.one', 'sources.slices') : w('sources.unfit')}</span>
                </label>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}
