import { useStage } from '../../state/stage';
import { t } from '../strings/t';

/** Why a task has no slice: no images are open, or this one cannot be read (the stage says what is wrong with it). */
export function NothingToWorkOn() {
  const unreadable = useStage((s) => s.error !== null);
  return <p className="hint panel-section">{t(unreadable ? 'task.unreadable' : 'task.needsImages')}</p>;
}
