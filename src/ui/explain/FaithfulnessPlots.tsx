import type { Faithfulness } from '../../pipeline/explain';
import { t } from '../strings/t';

const WIDTH = 132;
const HEIGHT = 72;
type Curve = Faithfulness['curves'][number];

/** Deletion and insertion curves of this map, of Sobel order, and of random order. The room is there before them. */
export function FaithfulnessPlots({ faithfulness }: { faithfulness: Faithfulness | null }) {
  const curves = faithfulness?.curves ?? [];
  const mine = curves.find((c) => c.order === 'map');
  return (
    <div className="plots">
      <Plot name={t('explain.deletion')} area={mine?.deletionArea} curves={curves} of={(c) => c.deletion} below={t('explain.deleted')} />
      <Plot name={t('explain.insertion')} area={mine?.insertionArea} curves={curves} of={(c) => c.insertion} below={t('explain.inserted')} />
      <div className="plot-key hint">
        <span className="k-map">{t('explain.this')}</span>
        <span className="k-sobel">{t('explain.sobel')}</span>
        <span className="k-random">{t('explain.random')}</span>
      </div>
    </div>
  );
}

function Plot({ name, area, curves, of, below }: { name: string; area: number | undefined; curves: readonly Curve[]; of: (curve: Curve) => readonly number[]; below: string }) {
  const points = (curve: Curve) => of(curve).map((v, i) => `${(curve.fractions[i] ?? 0) * WIDTH},${HEIGHT - Math.min(1, Math.max(0, v)) * HEIGHT}`).join(' ');
  const label = area === undefined ? name : t('explain.areaIs', { name, area: area.toFixed(2) });
  return (
    <figure className="plot">
      <figcaption className="hint">
        {name} <strong className="num">{area === undefined ? '' : area.toFixed(2)}</strong>
      </figcaption>
      <svg viewBox={`-1 -1 ${WIDTH + 2} ${HEIGHT + 2}`} role="img" aria-label={label}>
        <path className="axis" d={`M0 0V${HEIGHT}H${WIDTH}`} />
        {(['random', 'sobel', 'map'] as const).map((order) => {
          const curve = curves.find((c) => c.order === order);
          return curve && <polyline key={order} className={`curve ${order}`} points={points(curve)} />;
        })}
      </svg>
      <div className="plot-foot hint">
        <span>0</span>
        <span>{below}</span>
        <span>100 %</span>
      </div>
    </figure>
  );
}
