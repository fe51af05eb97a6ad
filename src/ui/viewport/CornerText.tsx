import { dot, pixelToPatient, sliceNormal } from '../../core/geometry';
import type { Slice } from '../../core/slice';
import { useProbe } from '../../state/probe';
import { useSettings } from '../../state/settings';
import { useView, windowOf } from '../../state/view';
import { t } from '../strings/t';
import { number } from './format';
import { windowFigures } from './windowName';
import { edgeLetters, LETTERS, scaleBar, type Placement, type PlaneView } from './planeView';

interface CornerTextProps {
  slice: Slice;
  place: Placement;
  view: PlaneView;
  title: string;
  lines: readonly string[];
  cell: string;
  seriesId: string;
  index: number;
  count: number;
  /** Side of the right half in a swipe: title and lines stand at the right. */
  alignRight?: boolean;
  /** Only what belongs to this half, where two share a cell. */
  half?: 'left' | 'right';
  /** Title and mark alone. */
  minimal?: boolean;
  /** Lines stay in a narrow cell. */
  named?: boolean;
  /** A button stands right of the title. */
  choosable?: boolean;
  /** What the probe reads where it is not the slice itself: a value for each of its pixels (the difference). */
  values?: ArrayLike<number>;
}

/** Position of the slice along its normal, mm. */
function position(slice: Slice): string {
  if (!slice.geometry) return slice.pixelSpacingMm ? '' : t('stage.noMm');
  const normal = sliceNormal(slice.geometry);
  const axis = [0, 1, 2].reduce((best, k) => (Math.abs(normal[k]!) > Math.abs(normal[best]!) ? k : best), 0);
  const sign = Math.sign(normal[axis]!) || 1;
  return `${'xyz'[axis]} ${number(dot(slice.geometry.positionMm, normal) * sign, 1)} mm`;
}

export function CornerText({ slice, place, view, title, lines, cell, seriesId, index, count, alignRight, half, minimal, named, choosable, values }: CornerTextProps) {
  const window = useView((s) => windowOf(s, cell, seriesId, slice.window));
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
        <strong className={choosable ? 'choosable' : undefined}>{title}</strong>
        {(wide || minimal || named) && lines.map((line) => <span key={line}>{line}</span>)}
      </div>
      {half !== 'right' && !minimal && (
        <div className="plate bl num">
          <strong>
            {index + 1} / {count}
          </strong>
          <ProbeLine slice={slice} place={place} fallback={position(slice)} values={values} />
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
      {letters.bottom && !half && !minimal && <span className={wide ? 'plate edge bottom' : 'plate edge bottom high'}>{letters.bottom}</span>}
      {letters.left && !minimal && half !== 'right' && <span className="plate edge left">{letters.left}</span>}
      {letters.right && !minimal && half !== 'left' && <span className="plate edge right">{letters.right}</span>}
    </div>
  );
}

/** Where a pixel's centre lies in the patient, by DICOM's axes: `R 23.4 A 12.1 H 2.5 mm`. */
function patientPoint({ geometry, pixelSpacingMm }: Slice, x: number, y: number): string {
  if (!geometry || !pixelSpacingMm) return '';
  const at = pixelToPatient(geometry, pixelSpacingMm, x, y);
  return `${at.map((v, k) => `${LETTERS[k]![v < 0 ? 1 : 0]} ${number(Math.abs(v), 1)}`).join(' ')} mm`;
}

/** `x 118 y 92  −862 HU` while the pointer hovers, with the stored value and its place in the patient above; the slice position else. */
function ProbeLine({ slice, place, fallback, values = slice.raster.data }: { slice: Slice; place: Placement; fallback: string; values?: ArrayLike<number> }) {
  const at = useProbe((s) => s.at);
  if (!at) return <span>{fallback}</span>;
  const x = Math.floor((at.x - place.ox) / place.sx);
  const y = Math.floor((at.y - place.oy) / place.sy);
  if (x < 0 || y < 0 || x >= place.width || y >= place.height) return <span>{fallback}</span>;
  const i = y * place.width + x;
  const value = values[i]!;
  const unit = slice.raster.unit === 'HU' ? ' HU' : '';
  const own = values === slice.raster.data;
  const stored = own && slice.stored && (slice.stored.slope !== 1 || slice.stored.intercept !== 0) ? t('stage.stored', { value: number(slice.stored.data[i]!) }) : '';
  const patient = patientPoint(slice, x, y);
  return (
    <>
      <span>
        x {x} y {y}{'\u2003'}{number(value, Number.isInteger(value) ? 0 : 1)}
        {unit}
      </span>
      {(patient || stored) && (
        <span className="plate probe-mm">
          {stored && <span>{stored}</span>}
          {patient && <span>{patient}</span>}
        </span>
      )}
    </>
  );
}
