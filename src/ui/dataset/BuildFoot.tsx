import { FileText } from 'lucide-react';
import { downloadSet, useBuild } from '../../state/datasetBuild';
import { saveRecipe } from '../../state/datasetFiles';
import { openPage } from '../../state/view';
import { Button } from '../controls/Button';
import { PanelFoot } from '../controls/Panel';
import { w } from './words';

/** Save the recipe; review the set when it is whole. */
export function BuildFoot() {
  const phase = useBuild((s) => s.phase);
  const job = useBuild((s) => s.job);
  const whole = phase === 'complete' && job !== null;
  return (
    <PanelFoot>
      {whole && !job.folder ? (
        <Button onClick={() => void downloadSet()}>{w('download')}</Button>
      ) : (
        <Button icon={<FileText size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={() => void saveRecipe()}>
          {w('saveRecipe')}
        </Button>
      )}
      <Button disabled={!whole} onClick={() => openPage('review')}>
        {job?.total ? w('review', { n: job.total }) : w('review.none')}
      </Button>
    </PanelFoot>
  );
}
