import type { CircleLayer, MaskLayer, OutlineStyle, RectLayer } from '../../state/layers';
import { maskCorner, maskOutline } from './outline';
import { apply, gridMatrix, type Matrix, type Placement } from './planeView';

const STROKE: Record<string, { color: string; dash?: string; width?: number }> = {
  synthetic: { color: 'var(--st-syn)' },
  segmenter: { color: '#ffffff', dash: '3 3' },
  refused: { color: 'var(--warn)', dash: '4 3' },
  region: { color: 'var(--st-accent)' },
  reach: { color: '#ffffff', dash: '3 3', width: 1 },
};

const strokeOf = (style: OutlineStyle) => (typeof style === 'string' ? STROKE[style]! : { color: style.color });

interface ShapeProps {
  layer: MaskLayer | RectLayer | CircleLayer;
  matrix: Matrix;
  place: Placement;
}

/** Outlines keep their width at any zoom: colour over a darker, wider line, so that they hold on any tissue. */
export function ShapeOverlay({ layer, matrix, place }: ShapeProps) {
  const m = gridMatrix(matrix, place, layer.width, layer.height);
  const { color, dash, width = 1.5 } = strokeOf(layer.style);
  const transform = `matrix(${m.a} ${m.b} ${m.c} ${m.d} ${m.e} ${m.f})`;
  const lines = [
    { stroke: 'rgb(0 0 0 / .55)', strokeWidth: width + 2, strokeDasharray: undefined },
    { stroke: color, strokeWidth: width, strokeDasharray: dash },
  ];
  const path = layer.kind === 'mask' ? maskOutline(layer.mask, layer.width, layer.height) : '';
  return (
    <g>
      {layer.kind === 'mask' && layer.fillOpacity > 0 && <path d={path} transform={transform} fill={color} fillRule="evenodd" opacity={layer.fillOpacity} />}
      {lines.map((line) => {
        const common = { ...line, fill: 'none', vectorEffect: 'non-scaling-stroke', transform };
        if (layer.kind === 'mask') return <path key={line.stroke} d={path} {...common} strokeLinejoin="round" />;
        if (layer.kind === 'rect') return <rect key={line.stroke} x={layer.x} y={layer.y} width={layer.rectWidth} height={layer.rectHeight} {...common} />;
        return <circle key={line.stroke} cx={layer.x} cy={layer.y} r={layer.radius} {...common} />;
      })}
    </g>
  );
}

/** The small words beside a shape. */
export function ShapeLabel({ layer, matrix, place, cellWidth }: ShapeProps & { cellWidth: number }) {
  if (!layer.label) return null;
  const m = gridMatrix(matrix, place, layer.width, layer.height);
  let corners: (readonly [number, number])[];
  if (layer.kind === 'rect') corners = [apply(m, layer.x, layer.y), apply(m, layer.x + layer.rectWidth, layer.y + layer.rectHeight)];
  else if (layer.kind === 'circle') corners = [apply(m, layer.x - layer.radius, layer.y - layer.radius), apply(m, layer.x + layer.radius, layer.y + layer.radius)];
  else {
    const corner = maskCorner(layer.mask, layer.width);
    if (!corner) return null;
    corners = [apply(m, corner.x, corner.y), apply(m, corner.left, corner.y)];
  }
  const right = Math.max(...corners.map((c) => c[0]));
  const left = Math.min(...corners.map((c) => c[0]));
  const below = layer.kind === 'rect';
  const y = below ? Math.max(...corners.map((c) => c[1])) + 6 : Math.min(...corners.map((c) => c[1]));
  const x = below ? left : right + 8;
  const flip = x > cellWidth - 24 - layer.label.length * 6.5;
  return (
    <span className="plate shape-label" style={{ left: flip ? undefined : x, right: flip ? cellWidth - left + 8 : undefined, top: y, color: strokeOf(layer.style).color }}>
      {layer.label}
    </span>
  );
}
