import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { ERROR_TEXT } from '../../core/errorText';
import { canChooseFolder, continueBuild, discard, pauseBuild, resumeBuild, startBuild, useBuild } from '../../state/datasetBuild';
import { usePreview } from '../../state/datasetPreview';
import { useRecipe } from '../../state/datasetRecipe';
import { useJobs } from '../../state/jobs';
import { Button } from '../controls/Button';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelSection } from '../controls/Panel';
import { Segmented } from '../controls/Segmented';
import { w } from './words';

/** Count, size and time before the start; licences of the weights; go. */
export function MakesSection() {
  const estimate = usePreview((s) => s.estimate);
  const error = usePreview((s) => s.error);
  const [place, setPlace] = useState<'folder' | 'zip'>(canChooseFolder() ? 'folder' : 'zip');
  const bytes = estimate?.bytes ?? null;
  const large = bytes !== null && bytes >= 1e9;
  const seconds = estimate?.milliseconds != null ? estimate.milliseconds / 1000 : null;
  const blocked = error !== null && (error.code.startsWith('recipe/') || error.code.startsWith('dataset/') || error.code.startsWith('model/'));
  return (
    <PanelSection label={w('makes')} aside={estimate?.nonCommercial ? <span className="hint warn-text">{w('makes.license')}</span> : undefined}>
      <div className="makes">
        <Figure value={estimate ? String(estimate.items) : '–'} unit={w('makes.images')} />
        <Figure value={bytes === null ? '–' : large ? (bytes / 1e9).toFixed(1) : bytes < 1e7 ? (bytes / 1e6).toFixed(1) : String(Math.round(bytes / 1e6))} unit={w(large ? 'makes.gb' : 'makes.mb')} />
        <Figure value={seconds === null ? '–' : seconds < 90 ? String(Math.max(1, Math.round(seconds))) : String(Math.round(seconds / 60))} unit={w(seconds !== null && seconds < 90 ? 'makes.s' : 'makes.min')} />
      </div>
      {estimate?.nonCommercial && <p className="hint">{w('makes.license.why', { models: estimate.licenses.join(', ') })}</p>}
      {estimate?.notes.map((note) => (
        <p className="hint" key={note}>
          {note}
        </p>
      ))}
      {error && blocked && <NoticeBox level="warn" happened={ERROR_TEXT[error.code].happened} todo={error.detail || ERROR_TEXT[error.code].todo} />}
      <div className="field-row">
        <span>{w('where')}</span>
        <Segmented
          label={w('where')}
          value={place}
          onChange={setPlace}
          options={[
            { value: 'folder', label: w('where.folder'), disabled: !canChooseFolder() },
            { value: 'zip', label: w('where.zip') },
          ]}
        />
      </div>
      {!canChooseFolder() && <p className="hint">{w('where.folder.no')}</p>}
      <Go place={place} count={estimate?.items ?? null} blocked={blocked} />
    </PanelSection>
  );
}

function Figure({ value, unit }: { value: string; unit: string }) {
  return (
    <div>
      <span className="figure">{value}</span>
      <span className="hint">{unit}</span>
    </div>
  );
}

/** Build; then in its place pause, or resume of a set that was stopped. */
function Go({ place, count, blocked }: { place: 'folder' | 'zip'; count: number | null; blocked: boolean }) {
  const phase = useBuild((s) => s.phase);
  const job = useBuild((s) => s.job);
  const outputs = useRecipe((s) => s.draft.recipe.outputs.length);
  const paused = useJobs((s) => s.jobs.some((j) => j.kind === 'dataset' && j.phase.kind === 'running' && j.phase.paused));
  if (phase === 'running') {
    return paused ? (
      <Button wide icon={<Play size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={continueBuild}>
        {w('resume')}
      </Button>
    ) : (
      <Button wide icon={<Pause size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={pauseBuild}>
        {w('pause')}
      </Button>
    );
  }
  const build = (
    <Button variant={phase === 'stopped' ? 'plain' : 'primary'} wide disabled={count === null || outputs === 0 || blocked} onClick={() => void startBuild(place)}>
      {count === null ? w('build') : w('build.n', { n: count })}
    </Button>
  );
  if (phase !== 'stopped' || !job) return build;
  return (
    <>
      <NoticeBox
        level="note"
        happened={w('resume.found', { name: job.recipe.name, done: job.done, total: job.total })}
        todo={w('resume.found.todo')}
        actions={[{ label: w('resume.forget'), run: () => void discard() }]}
      />
      <Button variant="primary" wide onClick={() => void resumeBuild()}>
        {w('resume')}
      </Button>
      {build}
    </>
  );
}
