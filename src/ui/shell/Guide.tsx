import { endGuide, goToStep, GUIDES, useGuide } from '../../state/guide';
import { Button } from '../controls/Button';
import { t, type StringKey } from '../strings/t';

/** One step at a time at the lower left of the stage; it covers no control and can be left at any time. */
export default function Guide() {
  const { id, step, busy } = useGuide((s) => s);
  if (!id) return null;
  const count = GUIDES[id].length;
  const last = step === count - 1;
  return (
    <section className="guide" aria-label={t('guide.name')}>
      <p aria-live="polite">{t(`guide.${id}.${step + 1}` as StringKey)}</p>
      <div className="row">
        <span className="hint num grow">{t('guide.of', { n: step + 1, count })}</span>
        {!last && (
          <Button small onClick={endGuide}>
            {t('guide.skip')}
          </Button>
        )}
        {step > 0 && (
          <Button small disabled={busy} onClick={() => void goToStep(id, step - 1)}>
            {t('guide.back')}
          </Button>
        )}
        <Button small variant="primary" disabled={busy} onClick={() => (last ? endGuide() : void goToStep(id, step + 1))}>
          {t(last ? 'guide.end' : 'guide.next')}
        </Button>
      </div>
    </section>
  );
}
