import { useMemo, useRef, type ReactNode } from 'react';
import { isOverlay } from '../../state/layerVisibility';
import { useLayers, type Layer } from '../../state/layers';
import { useStage } from '../../state/stage';
import { cameraOf, useView } from '../../state/view';
import { t } from '../strings/t';
import type { CellContent } from './cellContent';
import { CornerText } from './CornerText';
import { MapLegend } from './MapLegend';
import { MapOverlay } from './MapOverlay';
import { MeasureOverlay } from './MeasureOverlay';
import { Locator } from './Locator';
import { imageToCell, placeSlice, planeToCell, planeView } from './planeView';
import { ShapeLabel, ShapeOverlay } from './ShapeOverlay';
import { SliceCanvas } from './SliceCanvas';
import { SyntheticMark } from './SyntheticMark';
import { usePointer } from './usePointer';
import { useSize } from './useSize';

interface ImageCellProps extends CellContent {
  half?: 'left' | 'right';
  alignRight?: boolean;
  /** Hides the image under an opaque map (difference). */
  mapOnly?: boolean;
  border?: boolean;
  /** Title and mark alone, for small tiles. */
  minimal?: boolean;
  nearest?: boolean;
  /** Lines of text stay in a narrow cell: results that stand side by side are told apart by them. */
  named?: boolean;
  /** Marked as the one that panels and exports speak of. */
  current?: boolean;
  /** Beside the title. */
  chooser?: ReactNode;
  /** Layers of this cell alone, instead of those of the stage. */
  overlay?: readonly Layer[];
  children?: ReactNode;
}

/** One viewport: image, layers, measurements, corner text. The pointer works on all of it. */
export function ImageCell(props: ImageCellProps) {
  const { slice, reference, box, cell, seriesId, derivedId, side, index, count, synthetic, border = true } = props;
  const ref = useRef<HTMLDivElement>(null);
  const size = useSize(ref);
  const camera = useView((s) => cameraOf(s, cell));
  const focused = useView((s) => (s.linked ? props.current : s.focused === cell));
  const stageLayers = useLayers((s) => s.layers);
  const hidden = useLayers((s) => s.hidden) && !props.overlay;
  const layers = props.overlay ?? stageLayers;
  const place = useMemo(() => placeSlice(slice, reference), [slice, reference]);
  const view = planeView(box, size.width || 1, size.height || 1, camera);
  const matrix = imageToCell(view, place);
  const plane = planeToCell(view);
  const current = useStage((s) => s.derivedId); // what lies on the original speaks of the result beside it
  const cursor = usePointer(ref, { ...props, place, view });
  const shown = layers.filter(
    (l) =>
      l.visible && !(hidden && isOverlay(l)) &&
      (l.side === 'both' || l.side === side) &&
      (l.seriesId === null || l.seriesId === seriesId) &&
      (l.sliceIndex === null || l.sliceIndex === index) &&
      (l.derivedId === undefined || l.derivedId === (side === 'original' ? current : derivedId)),
  );
  const maps = shown.filter((l) => l.kind === 'map');
  const shapes = shown.filter((l) => l.kind !== 'map');
  const classes = ['image-cell', synthetic && border ? 'synthetic' : '', focused ? 'focused' : '', maps.length > 0 ? 'with-legend' : ''].filter(Boolean).join(' ');
  const ready = size.width > 1;
  return (
    <div
      ref={ref}
      className={classes}
      style={{ cursor }}
      data-cell={cell}
      data-slice={index}
    >
      <div className="cell-picture" role="img" aria-label={t(synthetic ? 'stage.position.synthetic' : 'stage.position', { name: props.title, n: index + 1, count })}>
        {ready && (
          <>
            <div style={props.mapOnly ? { visibility: 'hidden' } : undefined}>
              <SliceCanvas slice={slice} place={place} box={box} cell={cell} seriesId={seriesId} width={size.width} height={size.height} ratio={size.ratio} nearest={props.nearest} />
            </div>
            {maps.map((layer) => (
              <MapOverlay key={layer.id} layer={layer} matrix={matrix} place={place} />
            ))}
            {shapes.length > 0 && (
              <svg className="shapes" aria-hidden="true">
                {shapes.map((layer) => (
                  <ShapeOverlay key={layer.id} layer={layer} matrix={matrix} place={place} />
                ))}
              </svg>
            )}
            {shapes.map((layer) => (
              <ShapeLabel key={layer.id} layer={layer} matrix={matrix} place={place} cellWidth={size.width} />
            ))}
            <MeasureOverlay index={index} slice={slice} place={place} plane={plane} cellWidth={size.width} />
            <CornerText slice={slice} place={place} view={view} title={props.title} lines={maps.at(-1)?.lines ?? props.lines} cell={cell} seriesId={seriesId} index={index} count={count} half={props.half} minimal={props.minimal} alignRight={props.alignRight} named={props.named} choosable={props.chooser !== undefined} />
            {side === 'original' && !props.half && camera.zoom > 1.2 && maps.length === 0 && size.width > 340 && <Locator slice={slice} place={place} view={view} />}
            {maps.length > 0 && size.height > 380 && <MapLegend layer={maps.at(-1)!} />}
            {synthetic && border && <span className="synthetic-border" />}
            {props.children}
          </>
        )}
      </div>
      {ready && props.chooser}
      {ready && synthetic && <SyntheticMark fixed={props.half !== undefined || props.minimal} />}
    </div>
  );
}
