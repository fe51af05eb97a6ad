import { Plus } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { Slice, WindowSetting } from '../../core/slice';
import { greyOf } from '../../core/window';
import { useLesion, type Variation } from '../../state/lesion';
import { makeVariations, pickVariation } from '../../state/lesionRun';
import { useGenerated, useStage } from '../../state/stage';
import { useView } from '../../state/view';
import { w } from './words';
import './lesion.css';

const SIDE = 64;
const NONE: readonly Variation[] = [];

/** The same place with other seeds, cropped round the mask; one click takes one. */
export default function VariationsStrip() {
  const here = useStage((s) => `${s.seriesId}/${s.shownIndex}`);
  const variations = useLesion((s) => (s.variationsOf === here ? s.variations : NONE));
  const original = useStage((s) => s.original);
  const seriesId = useStage((s) => s.seriesId);
  const window = useView((s) => (seriesId ? s.windows[seriesId] : undefined));
  const current = useGenerated()?.info.seed;
  const first = variations[0]?.result;
  if (!original) return null;
  if (!first) {
    return (
      <div className="variations">
        <p className="variations-head">
          <strong>{w('variations')}</strong>
          <span className="hint">{w('variations.about')}</span>
        </p>
      </div>
    );
  }
  const crop = cropRound(first.mask, original.raster.width, original.raster.height);
  const voi = window ?? original.window;
  return (
    <div className="variations" role="group" aria-label={w('variations')}>
      <p className="variations-head">
        <strong>{w('variations')}</strong>
        <span className="hint">{w('variations.about')}</span>
      </p>
      <figure className="variation source">
        <Crop slice={original} crop={crop} window={voi} />
        <figcaption>{w('variations.source')}</figcaption>
      </figure>
      {variations.map(({ seed, result }) => (
        <button key={seed} type="button" className={seed === current ? 'variation current' : 'variation'} aria-pressed={seed === current} aria-label={w('variations.pick', { seed })} onClick={() => void pickVariation(seed)}>
          <Crop slice={result.augmentation.slice} crop={crop} window={voi} />
          <i className="made" aria-hidden="true">◆</i>
          <span className="num">{seed}</span>
        </button>
      ))}
      <button type="button" className="text-btn variations-more" onClick={() => void makeVariations(8, true)}>
        <Plus size={14} strokeWidth={1.5} aria-hidden="true" />
        {w('variations.more')}
      </button>
    </div>
  );
}

interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** The mask's box with as much again around it, square, at least 32 pixels. */
function cropRound(mask: Uint8Array, width: number, height: number): Square {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  const side = Math.min(width, height, Math.max(32, Math.round(2.2 * Math.max(x1 - x0, y1 - y0))));
  const place = (from: number, to: number, size: number) => Math.round(Math.min(size - side, Math.max(0, (from + to) / 2 - side / 2)));
  return { x: place(x0, x1, width), y: place(y0, y1, height), side };
}

/** A part of a slice in grey, drawn at its own pixels and enlarged by the browser. */
function Crop({ slice, crop, window }: { slice: Slice; crop: Square; window: WindowSetting }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(crop.side, crop.side);
    const grey = greyOf(window, slice.inverted);
    for (let y = 0; y < crop.side; y++) {
      for (let x = 0; x < crop.side; x++) {
        const g = grey(slice.raster.data[(crop.y + y) * slice.raster.width + crop.x + x]!);
        const i = 4 * (y * crop.side + x);
        image.data[i] = image.data[i + 1] = image.data[i + 2] = g;
        image.data[i + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }, [slice, crop.x, crop.y, crop.side, window]);
  return <canvas ref={ref} width={crop.side} height={crop.side} style={{ width: SIDE, height: SIDE }} aria-hidden="true" />;
}
