import { FileText, Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { canChooseFolder, continueBuild, discard, downloadSet, pauseBuild, resumeBuild, reviewSet, startBuild, useBuild } from '../../state/datasetBuild';
import { saveRecipe } from '../../state/datasetFiles';
import { usePreview } from '../../state/datasetPreview';
import { useRecipe } from '../../state/datasetRecipe';
import { useJobs } from '../../state/jobs';
import { Button } from '../controls/Button';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelFoot } from '../controls/Panel';
import { Segmented } from '../controls/Segmented';
import { isBlocking, Makes } from './MakesSection';
import { w } from './words';

/** Where to and go; then save the recipe, or review the set when it is whole. */
export function BuildFoot() {
  const phase = useBuild((s) => s.phase);
  const job = useBuild((s) => s.job);
  const whole = phase === 'complete' && job !== null;
  return (
    <div className="dataset-foot">
      <Makes />
      <Go />
      <PanelFoot>
        {whole && !job.folder ? (
          <Button onClick={() => void downloadSet()}>{w('download')}</Button>
        ) : (
          <Button icon={<FileText size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void saveRecipe()}>
            {w('saveRecipe')}
          </Button>
        )}
        <Button disabled={!whole} onClick={() => void reviewSet()}>
          {job?.generated ? w('review', { n: job.generated }) : w('review.none')}
        </Button>
      </PanelFoot>
    </div>
  );
}

/** Build; in its place pause while it runs, or resume where a set was stopped. */
function Go() {
  const phase = useBuild((s) => s.phase);
  const starting = useBuild((s) => s.starting);
  const job = useBuild((s) => s.job);
  const outputs = useRecipe((s) => s.draft.recipe.outputs.length);
  const estimate = usePreview((s) => s.estimate);
  const error = usePreview((s) => s.error);
  const paused = useJobs((s) => s.jobs.some((j) => j.kind === 'dataset' && j.phase.kind === 'running' && j.phase.paused));
  const [place, setPlace] = useState<'folder' | 'zip'>(canChooseFolder() ? 'folder' : 'zip');
  const stopped = phase === 'stopped' && job !== null;
  if (phase === 'running') {
    const Icon = paused ? Play : Pause;
    return (
      <div className="go">
        <Button wide icon={<Icon size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={paused ? continueBuild : pauseBuild}>
          {w(paused ? 'resume' : 'pause')}
        </Button>
      </div>
    );
  }
  return (
    <>
      {stopped && (
        <div className="go stopped">
          <NoticeBox
            level="note"
            happened={w('resume.found', { name: job.recipe.name, done: job.done, total: job.total })}
            todo={w('resume.found.todo')}
            actions={starting ? [] : [{ label: w('resume.forget'), run: () => void discard() }]}
          />
          <Button variant="primary" wide disabled={starting} onClick={() => void resumeBuild()}>
            {w('resume')}
          </Button>
        </div>
      )}
      <div className="go">
        <Segmented
          label={w('where')}
          value={place}
          onChange={setPlace}
          options={[
            { value: 'folder', label: w('where.folder'), disabled: !canChooseFolder() },
            { value: 'zip', label: w('where.zip') },
          ]}
        />
        <Button variant={stopped ? 'plain' : 'primary'} wide disabled={starting || !estimate || outputs === 0 || isBlocking(error)} onClick={() => void startBuild(place)}>
          {estimate ? w('build.n', { n: estimate.items }) : w('build')}
        </Button>
      </div>
      {!canChooseFolder() && <p className="hint go-hint">{w('where.folder.no')}</p>}
    </>
  );
}
