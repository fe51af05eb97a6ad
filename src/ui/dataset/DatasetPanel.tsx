import { useEffect } from 'react';
import { findSet } from '../../state/datasetBuild';
import { choosePreset, loadPresets, usePresets } from '../../state/datasetFiles';
import { loadModels } from '../../state/datasetModels';
import { startPreview } from '../../state/datasetPreview';
import { useRecipe } from '../../state/datasetRecipe';
import { chosenItems, useSources } from '../../state/datasetSources';
import { useLabels } from '../../state/labels';
import { useLibrary } from '../../state/library';
import { useSettings } from '../../state/settings';
import { PanelSection } from '../controls/Panel';
import { Select } from '../controls/Select';
import { usePhone } from '../shell/phone';
import { AddStep } from './AddStep';
import './dataset.css';
import { BuildFoot } from './BuildFoot';
import DatasetStrip from './DatasetStrip';
import { MakesNotes } from './MakesSection';
import { RecipeMenu } from './RecipeMenu';
import { SetSection } from './SetSection';
import { SourcesSection } from './SourcesSection';
import { StepList } from './StepList';
import { w, wordOf } from './words';

/** Recipe → sources → steps → set → what it will make → build → review. */
export default function DatasetPanel() {
  useSettings((s) => s.language);
  const phone = usePhone();
  const draft = useRecipe((s) => s.draft);
  const presets = usePresets();
  const items = useLibrary((s) => s.items);
  const chosen = useSources((s) => s.chosen);
  const attached = useLabels((s) => s.attached);
  const modalities = draft.recipe.sources.modality;
  const taken = chosenItems(items, chosen, modalities);
  const kinds = new Set(taken.map((i) => i.source.series.modality));
  const labelSets = attached.filter((set) => taken.some((i) => i.id === set.seriesId)).length;

  useEffect(() => {
    void loadModels();
    void findSet();
    let end: (() => void) | null = null;
    let gone = false;
    void loadPresets().then(() => {
      if (!gone) end = startPreview();
    });
    return () => {
      gone = true;
      end?.();
    };
  }, []);

  const options = presets.map((p) => ({ value: p.id, label: wordOf('title', p.id), note: p.id === draft.preset && draft.changed ? w('preset.changed') : undefined }));
  const own = draft.preset === null ? [{ value: '', label: draft.recipe.name, note: w('preset.own') }] : [];
  return (
    <>
      {phone && <DatasetStrip />}
      <PanelSection>
        <div className="row">
          <Select label={w('preset')} value={draft.preset ?? ''} options={[...own, ...options]} onChange={choosePreset} />
          <RecipeMenu />
        </div>
        <SourcesSection modalities={modalities} labelSets={labelSets} />
      </PanelSection>
      <PanelSection label={w('steps')} aside={<span className="hint">{w('steps.probability')}</span>}>
        <StepList />
        <AddStep modality={kinds.size === 1 ? [...kinds][0]! : (modalities[0] ?? null)} />
      </PanelSection>
      <SetSection />
      <MakesNotes />
      <BuildFoot />
    </>
  );
}
