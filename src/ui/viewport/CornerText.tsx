import { dot, sliceNormal } from '../../core/geometry';
import type { Slice } from '../../core/slice';
import { useProbe } from '../../state/probe';
import { useSettings } from '../../state/settings';
import { useView } from '../../state/view';
import { t } from '../strings/t';
import { number } from './format';
import { windowFigures } from './windowName';
import { edgeLetters, scaleBar, type Placement, type PlaneView } from './planeView';

interface CornerTextProps {
  slice: Slice;
  place: Placement;
  view: PlaneView;
  title: string;
  lines: readonly string[];
  seriesId: string;
  index: number;
  count: number;
  /** Side of the right half in a swipe: title and lines stand at the right. */
  alignRight?: boolean;
  /** Only what belongs to this half, where two share a cell. */
  half?: 'left' | 'right';
  /** Title and mark alone. */
  minimal?: boolean;
}

/** Position of the slice along its normal, mm. */
function position(slice: Slice): string {
  if (!slice.geometry) return slice.pixelSpacingMm ? '' : t('stage.noMm');
  const normal = sliceNormal(slice.geometry);
  const axis = [0, 1, 2].reduce((best, k) => (Math.abs(normal[k]!) > Math.abs(normal[best]!) ? k : best), 0);
  const sign = Math.sign(normal[axis]!) || 1;
  return `${'xyz'[axis]} ${number(dot(slice.geometry.positionMm, normal) * sign, 1)} mm`;
}

export function CornerText({ slice, place, view, title, lines, seriesId, index, count, alignRight, half, minimal }: CornerTextProps) {
  const window = useView((s) => s.windows[seriesId]) ?? slice.window;
  const cornerText = useView((s) => s.cornerText);
  const smooth = useSettings((s) => s.smooth);
  if (!cornerText) return null;
  const letters = edgeLetters(slice, view.camera);
  const known = slice.pixelSpacingMm !== null;
  const bar = scaleBar(view.scale);
  const zoom = view.scale * Math.min(place.sx, place.sy);
  const wide = view.cellWidth > 300;
  return (
    <div className="corner-text" aria-hidden="true">
      <div className={alignRight ? 'plate tr-below' : 'plate tl'}>
        <strong>{title}</strong>
        {(wide || minimal) && lines.map((line) => <span key={line}>{line}</span>)}
      </div>
      {half !== 'right' && !minimal && (
        <div className="plate bl num">
          <strong>
            {index + 1} / {count}
          </strong>
          <ProbeLine slice={slice} place={place} fallback={position(slice)} />
        </div>
      )}
      {half !== 'left' && !minimal && (
        <div className="plate br num">
          <span>
            {windowFigures(window)}
          </span>
          <span>
            {zoom.toFixed(1)}× {smooth ? t('stage.linear') : t('stage.nearest')}
          </span>
        </div>
      )}
      {wide && half !== 'right' && !minimal && (
        <div className={half === 'left' ? 'plate scale-bar left' : 'plate scale-bar'} style={{ width: Math.round(bar.pixels) + 12 }}>
          <span className="num">
            {bar.mm >= 1 ? bar.mm : number(bar.mm, 1)} {known ? 'mm' : 'px'}
          </span>
          <i />
        </div>
      )}
      {letters.top && !half && !minimal && <span className="plate edge top">{letters.top}</span>}
      {letters.bottom && !half && !minimal && <span className="plate edge bottom">{letters.bottom}</span>}
      {letters.left && !minimal && half !== 'right' && <span className="plate edge left">{letters.left}</span>}
      {letters.right && !minimal && half !== 'left' && <span className="plate edge right">{letters.right}</span>}
    </div>
  );
}

/** `x 118 y 92  −862 HU` while the pointer hovers, the slice position else. */
function ProbeLine({ slice, place, fallback }: { slice: Slice; place: Placement; fallback: string }) {
  const at = useProbe((s) => s.at);
  if (!at) return <span>{fallback}</span>;
  const x = Math.floor((at.x - place.ox) / place.sx);
  const y = Math.floor((at.y - place.oy) / place.sy);
  if (x < 0 || y < 0 || x >= place.width || y >= place.height) return <span>{fallback}</span>;
  const value = slice.raster.data[y * place.width + x]!;
  const unit = slice.raster.unit === 'HU' ? ' HU' : '';
  const stored = slice.stored && (slice.stored.slope !== 1 || slice.stored.intercept !== 0) ? ` (${number(slice.stored.data[y * place.width + x]!)})` : '';
  return (
    <span>
      x {x} y {y}{'\u2003'}{number(value, Number.isInteger(value) ? 0 : 1)}
      {unit}
      {stored}
    </span>
  );
}
