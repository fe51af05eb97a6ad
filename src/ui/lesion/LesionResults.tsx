import { copyMethods } from '../../state/methods';
import { openCard } from '../../state/modelCard';
import { useLesion } from '../../state/lesion';
import { useStage } from '../../state/stage';
import { TextButton } from '../controls/Button';
import { PanelSection } from '../controls/Panel';
import { Stat, Stats } from '../controls/Stat';
import { t } from '../strings/t';
import { number } from '../viewport/format';
import { w } from './words';

/** What came out; a dash where there is nothing yet, so that the room does not move. */
export function LesionResults() {
  const derivedId = useStage((s) => s.derivedId);
  const index = useStage((s) => s.shownIndex);
  const f = useLesion((s) => (derivedId ? (s.figures.get(`${derivedId}/${index}`) ?? null) : null));
  const mode = useLesion((s) => s.mode);
  const modelId = useLesion((s) => s.modelId);
  const check = f?.check ?? null;
  return (
    <PanelSection label={check ? w('checked', { n: f!.count, model: check.modelId }) : w('checked.none')}>
      <Stats>
        {mode === 'add' ? (
          <>
            <Stat name={w('found')} value={check ? check.dice.toFixed(2) : null} />
            <Stat name={w('inside')} value={f?.meanInside != null && f.meanRing != null ? `${number(f.meanInside, 0)}, ${number(f.meanRing, 0)}` : null} unit={f?.unit || undefined} />
            <Stat name={w('area')} value={f ? (f.areaMm2 === null ? f.pixels : number(f.areaMm2, 0)) : null} unit={f?.areaMm2 === null ? 'px' : 'mm²'} />
          </>
        ) : (
          <Stat name={w('found.before')} value={check ? `${check.foundBefore}, ${check.foundAfter}` : null} unit="px" />
        )}
        <Stat name={w('outside')} value={f ? f.changedOutside : null} unit="px" />
        <Stat name={w('time')} value={f ? (f.milliseconds / 1000).toFixed(2) : null} unit="s" />
      </Stats>
      <div className="row">
        <span className="small grow cut">{modelId}</span>
        <TextButton disabled={!f} onClick={() => void copyMethods()}>{w('review.methods')}</TextButton>
        <TextButton disabled={!modelId} onClick={() => modelId && openCard(modelId)}>{t('enhance.modelCard')}</TextButton>
      </div>
    </PanelSection>
  );
}
