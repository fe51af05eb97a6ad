import { useEffect, useMemo, useRef } from 'react';
import type { Slice } from '../../core/slice';
import type { Recovery } from '../../pipeline/degradeRecover';
import { bodyBox } from '../../state/bodyBox';
import { changeDegrade, useDegrade } from '../../state/degrade';
import { useStage } from '../../state/stage';
import { paintMap } from '../maps/colormaps';
import { claimKeys } from '../shell/keys';
import { t } from '../strings/t';
import type { CellContent } from '../viewport/cellContent';
import { ImageCell } from '../viewport/ImageCell';
import { useSynthetic } from '../viewport/useSynthetic';
import { errorLimit, METHOD_NAMES } from './recoveryNames';

/** Reference, input and every way back, linked; the figures stand under each. */
export default function Gallery() {
  const { original, reduced, recoveries, maps, names, sliceIndex } = useDegrade((s) => s);
  const seriesId = useStage((s) => s.seriesId);
  const count = useStage((s) => s.count);
  const shown = useStage((s) => s.original);
  const said = useSynthetic(seriesId, sliceIndex);
  const reference = original ?? shown;
  const box = useMemo(() => {
    if (!reference) return null;
    // Closer than fitted: the tiles are small, and details are the point.
    const { x, y, width, height } = bodyBox(reference);
    return { x: x + width * 0.14, y: y + height * 0.14, width: width * 0.72, height: height * 0.72 };
  }, [reference]);
  const limit = errorLimit(recoveries);
  const best = (key: 'psnr' | 'ssim' | 'haarPsi') => Math.max(...recoveries.map((r) => r[key]));
  useEffect(() => claimKeys((event) => {
    if (event.key.toLowerCase() !== 'n' || event.ctrlKey) return false;
    changeDegrade({ names: !names });
    return true;
  }), [names]);
  if (!reference || !seriesId || !box) return null;
  const content = (slice: Slice, key: string, title: string, lines: string[], synthetic: boolean): CellContent => ({
    cell: 'original', side: 'original', seriesId: `degrade/${seriesId}`, derivedId: null, slice, reference, box, index: sliceIndex, count,
    title: names ? title : key, lines: names ? lines : [], synthetic: synthetic && names,
  });
  const tiles: { key: string; content: CellContent | null; recovery: Recovery | null; note: string }[] = [
    { key: 'A', content: content(reference, 'A', t('degrade.reference'), [`${reference.raster.width} × ${reference.raster.height}`], said), recovery: null, note: t('degrade.reference.note') },
    { key: 'B', content: reduced ? content(reduced, 'B', t('degrade.input'), [`${reduced.raster.width} × ${reduced.raster.height}`], said) : null, recovery: null, note: t('degrade.input.note') },
    ...recoveries.map((r, i) => ({
      key: String.fromCharCode(67 + i),
      content: content(r.slice, String.fromCharCode(67 + i), t(METHOD_NAMES[r.method]), [], r.backend !== 'none'),
      recovery: r,
      note: '',
    })),
  ];
  while (tiles.length < 8) tiles.push({ key: `empty-${tiles.length}`, content: null, recovery: null, note: '' });
  return (
    <div className="gallery">
      {tiles.map((tile) => (
        <figure key={tile.key} className="gallery-tile">
          {tile.content ? (
            <ImageCell {...tile.content} minimal nearest={tile.key === 'B'}>{maps && names && tile.recovery && <ErrorInset recovery={tile.recovery} limit={limit} />}</ImageCell>
          ) : (
            <div className="image-cell empty" />
          )}
          <figcaption>
            {tile.recovery ? (
              <>
                <Figure value={names ? tile.recovery.psnr.toFixed(1) : '–'} name={t('degrade.psnr')} best={names && tile.recovery.psnr === best('psnr')} />
                <Figure value={names ? tile.recovery.ssim.toFixed(3) : '–'} name="SSIM" best={names && tile.recovery.ssim === best('ssim')} />
                <Figure value={names ? tile.recovery.haarPsi.toFixed(2) : '–'} name="HaarPSI" best={names && tile.recovery.haarPsi === best('haarPsi')} />
              </>
            ) : (
              <span className="hint">{names ? tile.note : ''}</span>
            )}
          </figcaption>
        </figure>
      ))}
    </div>
  );
}

function Figure({ value, name, best }: { value: string; name: string; best: boolean }) {
  return (
    <span className={best ? 'gallery-figure best' : 'gallery-figure'}>
      <span className="num">{value}</span>
      <span className="hint">{name}</span>
    </span>
  );
}

/** Absolute error, inferno: zero is black. */
function ErrorInset({ recovery, limit }: { recovery: Recovery; limit: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height, data } = recovery.error;
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    paintMap(data.map(Math.abs), { colormap: 'inferno', range: [0, limit || 1], threshold: null, opacity: 1 }, image.data);
    context.putImageData(image, 0, 0);
  }, [data, width, height, limit]);
  return <canvas ref={ref} className="error-inset" width={width} height={height} aria-hidden="true" />;
}
