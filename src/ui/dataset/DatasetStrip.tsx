import { Dices } from 'lucide-react';
import { useEffect } from 'react';
import { errorText, sentence } from '../../state/strings/say';
import { useBuild } from '../../state/datasetBuild';
import { didSomething } from '../../state/drawnSteps';
import { anotherExample, setOutline, usePreview } from '../../state/datasetPreview';
import { Button } from '../controls/Button';
import { KeyCap } from '../controls/KeyCap';
import { Chip } from '../controls/Stat';
import { Switch } from '../controls/Switch';
import { claimKeys } from '../shell/keys';
import { drawnText } from './drawnText';
import { ProgressGrid } from './ProgressGrid';
import { w } from './words';

/** Under the images while the Dataset task is open: what was drawn for the example, and how far the set is. */
export default function DatasetStrip() {
  const example = usePreview((s) => s.example);
  const working = usePreview((s) => s.working);
  const error = usePreview((s) => s.error);
  const outline = usePreview((s) => s.outline);
  const phase = useBuild((s) => s.phase);
  const states = useBuild((s) => s.states);
  const job = useBuild((s) => s.job);

  useEffect(
    () =>
      claimKeys((event) => {
        if (event.key.toLowerCase() !== 'n' || event.ctrlKey || event.metaKey) return false;
        anotherExample(event.shiftKey ? -1 : 1);
        return true;
      }),
    [],
  );

  return (
    <section className="dataset-strip" aria-label={w('preview.drawn')}>
      <div className="drawn-row">
        <div className="drawn" aria-live="polite" aria-busy={working}>
          {error && !working ? (
            <span className="small warn-text">
              {errorText(error.code).happened} {sentence(error.detail)}
            </span>
          ) : example ? (
            <>
              <span className="small">{w('preview.drawn')}</span>
              {example.steps.map((step, i) => {
                const synthetic = step.applied && (step.type === 'insert-lesion' || step.type === 'remove-lesion' || step.type === 'super-resolve');
                return (
                  <Chip key={i} kind={!didSomething(step) ? 'off' : synthetic ? 'syn' : undefined}>
                    {drawnText(step)}
                  </Chip>
                );
              })}
            </>
          ) : (
            <span className="small">{w(working ? 'preview.working' : 'preview.none')}</span>
          )}
        </div>
        <span className="row preview-tools">
          <span className="small">{w('preview.mask')}</span>
          <Switch bare label={w('preview.mask')} checked={outline} onChange={setOutline} />
          <Button small icon={<Dices size={14} strokeWidth={1.5} aria-hidden="true" />} aria-keyshortcuts="N" onClick={() => anotherExample()}>
            {w('preview.another')} <KeyCap>N</KeyCap>
          </Button>
        </span>
      </div>
      {phase !== 'none' && (
        <div className="grid-row">
          <ProgressGrid states={states} />
          <p className="hint">{phase === 'complete' ? w('grid.done', { n: states.filter((s) => s === 'written').length, where: job?.folder?.name ?? `${job?.recipe.name ?? ''}.zip` }) : w('grid.close')}</p>
        </div>
      )}
    </section>
  );
}
