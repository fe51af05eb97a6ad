import type { Slice } from '../../core/slice';
import { useMeasure, type Measurement } from '../../state/measure';
import { useStage } from '../../state/stage';
import { t } from '../strings/t';
import { figure, number } from './format';
import { apply, type Matrix, type Placement } from './planeView';

type Drawn = Omit<Measurement, 'id'>;

/** Measurements stand on both sides at the same place; figures of a region are those of the image under it. */
export function MeasureOverlay({ index, slice, place, plane, cellWidth }: { index: number; slice: Slice; place: Placement; plane: Matrix; cellWidth: number }) {
  const all = useMeasure((s) => s.measurements);
  const draft = useMeasure((s) => s.draft);
  const seriesId = useStage((s) => s.seriesId);
  const shown: Drawn[] = all.filter((m) => m.seriesId === seriesId && m.sliceIndex === index);
  if (draft && draft.seriesId === seriesId && draft.sliceIndex === index) shown.push(draft);
  if (shown.length === 0) return null;
  return (
    <>
      <svg className="shapes">
        {shown.map((m, i) => (
          <Shape key={i} m={m} plane={plane} />
        ))}
      </svg>
      {shown.map((m, i) => {
        const [x, y] = apply(plane, m.points.at(-1)!.x, m.points.at(-1)!.y);
        // Whole inside the cell while its point is: moved left by what would stand over the edge (100 % is its own width).
        const inside = x < cellWidth ? `translateX(min(0px, calc(${cellWidth - 4 - (x + 8)}px - 100%)))` : undefined;
        return (
          <span key={i} className="plate shape-label num" style={{ left: x + 8, top: y + 4, transform: inside }}>
            {read(m, slice, place)}
          </span>
        );
      })}
    </>
  );
}

function Shape({ m, plane }: { m: Drawn; plane: Matrix }) {
  const points = m.points.map((p) => apply(plane, p.x, p.y));
  const lines = [
    { stroke: 'rgb(0 0 0 / .55)', strokeWidth: 3.5 },
    { stroke: '#e4e7ec', strokeWidth: 1.5 },
  ];
  return (
    <>
      {lines.map((line) => {
        if (m.kind !== 'roi') return <polyline key={line.stroke} points={points.map((p) => p.join(',')).join(' ')} fill="none" {...line} />;
        const { cx, cy, rx, ry } = ellipse(m);
        return <ellipse key={line.stroke} cx={cx} cy={cy} rx={rx} ry={ry} fill="none" vectorEffect="non-scaling-stroke" transform={`matrix(${plane.a} ${plane.b} ${plane.c} ${plane.d} ${plane.e} ${plane.f})`} {...line} />;
      })}
    </>
  );
}

function ellipse(m: Drawn) {
  const [p, q] = [m.points[0]!, m.points.at(-1)!];
  return { cx: (p.x + q.x) / 2, cy: (p.y + q.y) / 2, rx: Math.abs(p.x - q.x) / 2, ry: Math.abs(p.y - q.y) / 2 };
}

/** What the measurement says about this image. */
export function read(m: Drawn, slice: Slice, place: Placement): string {
  const mm = slice.pixelSpacingMm ? 'mm' : 'px';
  const [p, q, r] = m.points;
  if (m.kind === 'length' && p && q) return `${number(Math.hypot(q.x - p.x, q.y - p.y), 1)} ${mm}`;
  if (m.kind === 'angle') {
    if (!p || !q || !r) return '';
    const one = Math.atan2(p.y - q.y, p.x - q.x);
    const two = Math.atan2(r.y - q.y, r.x - q.x);
    const turn = Math.abs(((one - two) * 180) / Math.PI) % 360;
    return `${number(turn > 180 ? 360 - turn : turn, 1)}°`;
  }
  const { cx, cy, rx, ry } = ellipse(m);
  let n = 0;
  let sum = 0;
  let squares = 0;
  const y0 = Math.max(0, Math.floor((cy - ry - place.oy) / place.sy));
  const y1 = Math.min(place.height - 1, Math.ceil((cy + ry - place.oy) / place.sy));
  const x0 = Math.max(0, Math.floor((cx - rx - place.ox) / place.sx));
  const x1 = Math.min(place.width - 1, Math.ceil((cx + rx - place.ox) / place.sx));
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const u = (place.ox + (x + 0.5) * place.sx - cx) / (rx || 1);
      const v = (place.oy + (y + 0.5) * place.sy - cy) / (ry || 1);
      if (u * u + v * v > 1) continue;
      const value = slice.raster.data[y * place.width + x]!;
      n++;
      sum += value;
      squares += value * value;
    }
  }
  const mean = n ? sum / n : NaN;
  const sd = n > 1 ? Math.sqrt(Math.max(0, (squares - n * mean * mean) / (n - 1))) : 0;
  const unit = slice.raster.unit === 'HU' ? ' HU' : '';
  return t('measure.roi', { mean: `${figure(mean)}${unit}`, sd: figure(sd), area: `${number(n * place.sx * place.sy, 0)} ${mm}²` });
}
