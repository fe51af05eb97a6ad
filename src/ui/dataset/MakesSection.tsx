import { errorText, sentence } from '../../state/strings/say';
import type { StudioError } from '../../core/errors';
import { usePreview } from '../../state/datasetPreview';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelSection } from '../controls/Panel';
import { w } from './words';

/** Count, size and time, always in sight above the button. */
export function Makes() {
  const estimate = usePreview((s) => s.estimate);
  const bytes = estimate?.bytes ?? null;
  const large = bytes !== null && bytes >= 1e9;
  const seconds = estimate?.milliseconds != null ? estimate.milliseconds / 1000 : null;
  return (
    <section className="makes-box" aria-label={w('makes')}>
      <div className="panel-label">
        <h3>{w('makes')}</h3>
        {estimate?.nonCommercial && <span className="hint warn-text">{w('makes.license')}</span>}
      </div>
      <div className="makes">
        <Figure value={estimate ? String(estimate.items) : '–'} unit={w('makes.images')} />
        <Figure value={bytes === null ? '–' : large ? (bytes / 1e9).toFixed(1) : bytes < 1e7 ? (bytes / 1e6).toFixed(1) : String(Math.round(bytes / 1e6))} unit={w(large ? 'makes.gb' : 'makes.mb')} />
        <Figure value={seconds === null ? '–' : seconds < 90 ? String(Math.max(1, Math.round(seconds))) : String(Math.round(seconds / 60))} unit={w(seconds !== null && seconds < 90 ? 'makes.s' : 'makes.min')} />
      </div>
    </section>
  );
}

const NONE: readonly string[] = [];

/** What should be known before the start: what the models do not know of the example's slice, licences, splits, mistakes. */
export function MakesNotes() {
  const estimate = usePreview((s) => s.estimate);
  const warnings = usePreview((s) => s.example?.warnings ?? NONE);
  const error = usePreview((s) => s.error);
  const blocked = isBlocking(error);
  if (!blocked && !estimate?.nonCommercial && !estimate?.notes.length && !warnings.length) return null;
  return (
    <PanelSection>
      {warnings.map((text) => (
        <NoticeBox key={text} level="warn" happened={sentence(text)} />
      ))}
      {estimate?.nonCommercial && <p className="hint">{w('makes.license.why', { models: estimate.licenses.join(', ') })}</p>}
      {estimate?.notes.map((note) => (
        <p className="hint" key={note}>
          {sentence(note)}
        </p>
      ))}
      {error && blocked && <NoticeBox level="warn" happened={errorText(error.code).happened} todo={sentence(error.detail) || errorText(error.code).todo} />}
    </PanelSection>
  );
}

/** Errors of recipe, models and sources keep the whole set from being built; a refused place only its own item. */
export function isBlocking(error: StudioError | null): boolean {
  return error !== null && (error.code.startsWith('recipe/') || error.code.startsWith('dataset/') || error.code === 'model/unknown');
}

function Figure({ value, unit }: { value: string; unit: string }) {
  return (
    <div>
      <span className="figure">{value}</span>
      <span className="hint">{unit}</span>
    </div>
  );
}

