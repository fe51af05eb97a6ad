import { useEffect } from 'react';
import { showDifference, useDifference } from '../../state/difference';
import type { MapLayer } from '../../state/layers';
import { cameraOf, useView } from '../../state/view';
import { useRef } from 'react';
import { t } from '../strings/t';
import { CornerText } from './CornerText';
import type { CellContent } from './cellContent';
import { MapLegend } from './MapLegend';
import { MapOverlay } from './MapOverlay';
import { imageToCell, placeSlice, planeView } from './planeView';
import { usePointer } from './usePointer';
import { SyntheticMark } from './SyntheticMark';
import { useSize } from './useSize';

/** Generated minus original (or minus another result), signed, zero is black. Opaque: nothing shines through. */
export function DifferenceCell({ original, generated }: { original: CellContent; generated: CellContent }) {
  const difference = useDifference();
  const ref = useRef<HTMLDivElement>(null);
  const size = useSize(ref);
  const camera = useView((s) => cameraOf(s, original.cell));
  const place = placeSlice(generated.slice, generated.reference);
  const view = planeView(generated.box, size.width || 1, size.height || 1, camera);
  const cursor = usePointer(ref, { ...generated, cell: original.cell, place, view });
  useEffect(() => {
    void showDifference(original.slice, generated.slice);
  }, [original.slice, generated.slice]);
  const ready = difference && difference.generated === generated.slice && difference.original === original.slice;
  const unit = generated.slice.raster.unit === 'HU' ? 'HU' : t('stage.grey');
  const layer: MapLayer | null = ready
    ? {
        id: 'difference', kind: 'map', side: 'generated', seriesId: null, sliceIndex: null, visible: true,
        values: difference.raster.data, width: difference.raster.width, height: difference.raster.height,
        colormap: 'berlin', range: [-difference.limit, difference.limit], threshold: null, opacity: 1, smooth: false,
        unit, title: t('stage.difference'),
      }
    : null;
  const of = original.synthetic ? t('stage.diff.ofResult', { name: original.lines[1] ?? original.title }) : t('stage.diff.of');
  return (
    <div className="stage-cells">
      <div ref={ref} className={layer ? 'image-cell synthetic with-legend' : 'image-cell synthetic'} style={{ cursor }} data-cell="difference" data-slice={generated.index}>
        <div className="cell-picture" role="img" aria-label={t('stage.position', { name: t('stage.difference'), n: generated.index + 1, count: generated.count })}>
          {layer && <MapOverlay layer={layer} matrix={imageToCell(view, place)} place={place} />}
          <CornerText slice={generated.slice} place={place} view={view} title={t('stage.difference')} lines={[of, ...generated.lines.slice(1), t('stage.diff.range')]} cell={original.cell} seriesId={generated.seriesId} index={generated.index} count={generated.count} values={ready ? difference.raster.data : undefined} />
          {layer && <MapLegend layer={layer} />}
          <span className="synthetic-border" />
        </div>
        <SyntheticMark />
      </div>
    </div>
  );
}
