import type { SeriesWarning } from '../../core/slice';
import { warningText } from './warningText';

export default function WarningDetails({ warnings }: { warnings: readonly SeriesWarning[] }) {
  return (
    <ul className="series-warnings">
      {warnings.map((w) => (
        <li key={w.code + w.detail}>{warningText(w)}</li>
      ))}
    </ul>
  );
}
