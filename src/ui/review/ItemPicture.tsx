import { useEffect, useRef, useState } from 'react';
import type { Slice, WindowSetting } from '../../core/slice';
import { greyOf } from '../../core/window';
import { itemMask, pictureOf, useReview, type ReviewItem } from '../../state/review';
import { w } from '../lesion/words';
import { whenStill } from './still';

interface PictureProps {
  readonly item: ReviewItem;
  readonly which: 'source' | 'result';
  readonly side: number;
  /** Cut to the surroundings of the label, the same for source and result. */
  readonly crop?: boolean;
}

/** Source or result of an item on a canvas, in the window of the source, with the outline of its labels. */
export function ItemPicture({ item, which, side, crop = false }: PictureProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const held = useReview((s) => s.original);
  const outline = useReview((s) => s.outline);
  const [missing, setMissing] = useState(false);
  const shown = which === 'result' && held ? 'source' : which;
  useEffect(() => {
    let live = true;
    setMissing(shown === 'source' && item.source === null);
    // A moment of rest first: cards that fly past while scrolling are neither decoded nor drawn.
    const giveUp = whenStill(() => {
      pictureOf(item, shown).then(
        (picture) => picture && whenFree(() => live && ref.current && draw(ref.current, picture.slice, picture.window, item, shown === 'result' && outline, crop)),
        () => live && setMissing(true),
      );
    });
    return () => {
      live = false;
      giveUp();
    };
  }, [item, shown, outline, crop, side]);
  const pixels = Math.round(side * Math.min(2, globalThis.devicePixelRatio || 1));
  return (
    <span className={`item-picture ${which}`} style={{ width: side, height: side }}>
      <canvas ref={ref} width={pixels} height={pixels} style={{ width: side, height: side }} aria-hidden="true" />
      {missing && <span className="hint">{w(which === 'source' ? 'review.noSource' : 'review.notReadable')}</span>}
    </span>
  );
}

const waiting: (() => unknown)[] = [];

/** Drawing shares the frames with scrolling: some milliseconds a frame, the rest in the next. */
function whenFree(job: () => unknown): void {
  waiting.push(job);
  if (waiting.length === 1) requestAnimationFrame(work);
}

function work(): void {
  const until = performance.now() + 6;
  while (waiting.length && performance.now() < until) waiting.shift()!();
  if (waiting.length) requestAnimationFrame(work);
}

function draw(canvas: HTMLCanvasElement, slice: Slice, window: WindowSetting, { item }: ReviewItem, outline: boolean, crop: boolean): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height, data } = slice.raster;
  const view = cropOf(item, width, height, crop);
  const grey = greyOf(window, slice.inverted);
  const image = new ImageData(view.side, view.side);
  for (let y = 0; y < view.side; y++) {
    for (let x = 0; x < view.side; x++) {
      const [sx, sy] = [view.x + x, view.y + y];
      const inside = sx >= 0 && sy >= 0 && sx < width && sy < height;
      const i = 4 * (y * view.side + x);
      image.data[i] = image.data[i + 1] = image.data[i + 2] = inside ? grey(data[sy * width + sx]!) : 0;
      image.data[i + 3] = 255;
    }
  }
  const flat = new OffscreenCanvas(view.side, view.side);
  flat.getContext('2d')!.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(flat, 0, 0, canvas.width, canvas.height);
  if (outline) drawOutline(context, item, view, canvas.width / view.side, width, height);
}

interface View {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

function cropOf(item: ReviewItem['item'], width: number, height: number, crop: boolean): View {
  const whole = { x: Math.floor((width - Math.max(width, height)) / 2), y: Math.floor((height - Math.max(width, height)) / 2), side: Math.max(width, height) };
  if (!crop || item.labels.length === 0) return whole;
  const [sx, sy] = [width / item.size[0], height / item.size[1]];
  const x0 = Math.min(...item.labels.map((l) => l.box[0])) * sx;
  const y0 = Math.min(...item.labels.map((l) => l.box[1])) * sy;
  const x1 = Math.max(...item.labels.map((l) => l.box[0] + l.box[2])) * sx;
  const y1 = Math.max(...item.labels.map((l) => l.box[1] + l.box[3])) * sy;
  const side = Math.min(whole.side, Math.max(48, Math.round(3 * Math.max(x1 - x0, y1 - y0))));
  if (side > 0.8 * whole.side) return whole;
  const place = (centre: number, size: number) => Math.round(Math.min(Math.max(size - side, 0), Math.max(0, centre - side / 2)));
  return { x: place((x0 + x1) / 2, width), y: place((y0 + y1) / 2, height), side };
}

/** Edges between inside and outside pixels, 1.5 px pink over a darker line. */
function drawOutline(context: CanvasRenderingContext2D, item: ReviewItem['item'], view: View, scale: number, width: number, height: number): void {
  const mask = itemMask(item);
  if (!mask) return;
  const [mw, mh] = item.size;
  const [sx, sy] = [(width / mw) * scale, (height / mh) * scale];
  const path = new Path2D();
  const at = (x: number, y: number) => (x >= 0 && y >= 0 && x < mw && y < mh ? mask[y * mw + x]! : 0);
  const [ox, oy] = [view.x * scale, view.y * scale];
  for (let y = 0; y <= mh; y++) {
    for (let x = 0; x <= mw; x++) {
      if (at(x, y) !== at(x - 1, y)) {
        path.moveTo(x * sx - ox, y * sy - oy);
        path.lineTo(x * sx - ox, (y + 1) * sy - oy);
      }
      if (at(x, y) !== at(x, y - 1)) {
        path.moveTo(x * sx - ox, y * sy - oy);
        path.lineTo((x + 1) * sx - ox, y * sy - oy);
      }
    }
  }
  const ratio = globalThis.devicePixelRatio || 1;
  context.lineCap = 'round';
  context.strokeStyle = 'rgb(0 0 0 / .55)';
  context.lineWidth = 3.5 * ratio;
  context.stroke(path);
  context.strokeStyle = '#f7abd8';
  context.lineWidth = 1.5 * ratio;
  context.stroke(path);
}
