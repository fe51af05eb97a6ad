import type { MapLayer } from '../../state/layers';
import { cssGradient } from '../maps/colormaps';
import { t } from '../strings/t';
import { figure } from './format';

/** Colour bar with five numbers, at the right edge of the viewport. */
export function MapLegend({ layer }: { layer: MapLayer }) {
  const [low, high] = layer.range;
  const from = layer.threshold === null ? low : low + layer.threshold * (high - low);
  const numbers = [high, from + 0.75 * (high - from), from + 0.5 * (high - from), from + 0.25 * (high - from), from];
  const cut = layer.threshold === null ? 0 : layer.threshold;
  return (
    <div className="legend" role="img" aria-label={t('stage.legend', { name: layer.title, from: figure(from), to: figure(high), unit: layer.unit })}>
      <span className="legend-title">{layer.unit}</span>
      <div className="legend-numbers num">
        {numbers.map((n, i) => (
          <span key={i}>{figure(n)}</span>
        ))}
      </div>
      <div className="legend-bar">
        <i style={{ backgroundImage: cssGradient(layer.colormap, 'to top'), height: `${100 / (1 - cut)}%` }} />
      </div>
    </div>
  );
}
