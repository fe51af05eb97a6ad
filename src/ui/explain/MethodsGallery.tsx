import { fieldBox } from '../../state/bodyBox';
import { useEffect } from 'react';
import { closeComparison, scaleMap, useExplain, viewName } from '../../state/explain';
import type { Layer } from '../../state/layers';
import { useStage } from '../../state/stage';
import { claimKeys } from '../shell/keys';
import { t } from '../strings/t';
import { ImageCell } from '../viewport/ImageCell';
import { useSynthetic } from '../viewport/useSynthetic';

/** The same region asked by every method, side by side, with how faithful each is. */
export default function MethodsGallery() {
  const { compared, colormap, threshold, opacity, smooth } = useExplain((s) => s);
  const original = useStage((s) => s.original);
  const seriesId = useStage((s) => s.seriesId);
  const index = useStage((s) => s.shownIndex);
  const count = useStage((s) => s.count);
  const box = useStage((s) => s.box);
  const synthetic = useSynthetic(seriesId, index);
  useEffect(() => claimKeys((event) => {
    if (event.key !== 'Escape') return false;
    closeComparison();
    return true;
  }), []);
  if (!compared || !original || !seriesId) return null;
  return (
    <div className="gallery methods">
      {compared.map(({ method, result }) => {
        const overlay: Layer[] = [];
        if (result) {
          const { values, range } = scaleMap({ raster: result.map.raster, signed: result.map.signed, relative: true, side: 'original', unit: t('explain.relative'), lines: [], reach: null }, colormap);
          overlay.push({
            id: method, kind: 'map', side: 'original', seriesId, sliceIndex: index, visible: true, values, width: result.map.raster.width, height: result.map.raster.height,
            colormap, range, threshold: range[0] < 0 ? null : threshold, opacity, smooth, unit: t('explain.relative'), title: viewName(method), lines: [],
          });
        }
        const faith = result?.faithfulness;
        return (
          <figure key={method} className="gallery-tile">
            <ImageCell cell="original" side="original" seriesId={seriesId} derivedId={null} slice={original} reference={original} box={box ?? fieldBox(original)} index={index} count={count} title={viewName(method)} lines={[]} synthetic={synthetic} minimal overlay={overlay} />
            <figcaption>
              <Figure value={faith ? `${Math.round(faith.versusRandom * 100)} %` : '–'} name={t('explain.better')} />
              <Figure value={faith ? `${Math.round(faith.versusSobel * 100)} %` : '–'} name={t('explain.betterSobel')} />
              <Figure value={result ? (result.milliseconds / 1000).toFixed(1) : '–'} name="s" />
            </figcaption>
          </figure>
        );
      })}
    </div>
  );
}

function Figure({ value, name }: { value: string; name: string }) {
  return (
    <span className="gallery-figure">
      <span className="num">{value}</span>
      <span className="hint">{name}</span>
    </span>
  );
}
