import { announce, postError, postNotice } from '../../state/notices';
import { download } from '../../state/download';
import { t } from '../strings/t';

/** Saves what the stage shows (images, maps, outlines, corner texts, legends; of a gallery the figures too) as a PNG at device pixels. */
export async function savePicture(): Promise<void> {
  try {
    const stage = document.querySelector<HTMLElement>('.stage-cells, .gallery');
    if (!stage) {
      postNotice({ level: 'note', happened: t('stage.pictureNone'), todo: t('stage.pictureNone.todo') });
      return;
    }
    const blob = await paintPicture(stage, window.devicePixelRatio || 1);
    download(blob, 'verisim-comparison.png');
    announce(t('stage.pictureSaved'));
  } catch (error) {
    postError(error);
  }
}

/** Walks the cells in paint order. DOM geometry is read, so the picture is what was seen. */
async function paintPicture(stage: HTMLElement, ratio: number): Promise<Blob> {
  const frame = stage.getBoundingClientRect();
  const foot = 24;
  const canvas = new OffscreenCanvas(Math.round(frame.width * ratio), Math.round((frame.height + foot) * ratio));
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  context.fillStyle = '#000';
  context.fillRect(0, 0, frame.width, frame.height + foot);
  for (const cell of stage.querySelectorAll<HTMLElement>('.image-cell')) {
    if (getComputedStyle(cell).visibility === 'hidden') continue;
    const box = cell.getBoundingClientRect();
    context.save();
    const clip = /inset\(0px 0px 0px ([\d.]+)%\)/.exec(getComputedStyle(cell.parentElement!).clipPath);
    const from = clip ? (Number(clip[1]) / 100) * box.width : 0;
    context.beginPath();
    context.rect(box.left - frame.left + from, box.top - frame.top, box.width - from, box.height);
    context.clip();
    context.translate(box.left - frame.left, box.top - frame.top);
    await paintCell(context, cell, box);
    context.restore();
  }
  for (const caption of stage.querySelectorAll<HTMLElement>('figcaption')) paintText(context, caption, frame);
  context.fillStyle = '#bfc4cb';
  context.font = '11px Inter, system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.fillText(`Verisim Studio. ${t('app.disclaimer')}.`, 8, frame.height + foot / 2);
  return canvas.convertToBlob({ type: 'image/png' });
}

async function paintCell(context: OffscreenCanvasRenderingContext2D, cell: HTMLElement, box: DOMRect): Promise<void> {
  const image = cell.querySelector<HTMLCanvasElement>('.slice-canvas canvas');
  if (image && getComputedStyle(image).visibility !== 'hidden') context.drawImage(image, 0, 0, box.width, box.height);
  for (const map of cell.querySelectorAll<HTMLCanvasElement>('.map-overlay')) {
    const m = new DOMMatrix(getComputedStyle(map).transform);
    context.save();
    context.transform(m.a, m.b, m.c, m.d, m.e, m.f);
    context.globalAlpha = Number(getComputedStyle(map).opacity);
    context.imageSmoothingEnabled = getComputedStyle(map).imageRendering !== 'pixelated';
    context.drawImage(map, 0, 0);
    context.restore();
  }
  for (const svg of cell.querySelectorAll<SVGSVGElement>('svg.shapes')) await paintSvg(context, svg, box);
  for (const inset of cell.querySelectorAll<HTMLCanvasElement>('.error-inset')) {
    const r = inset.getBoundingClientRect();
    context.drawImage(inset, r.left - box.left, r.top - box.top, r.width, r.height);
  }
  const border = cell.querySelector('.synthetic-border');
  if (border) {
    context.strokeStyle = getComputedStyle(border).borderTopColor;
    context.lineWidth = 2;
    context.strokeRect(1, 1, box.width - 2, box.height - 2);
  }
  for (const element of cell.querySelectorAll<HTMLElement>('.plate, .badge, .legend, .legend-bar i, .scale-bar i, .locator')) paintBox(context, element, box);
  for (const element of cell.querySelectorAll<HTMLElement>('.plate, .badge, .legend')) paintText(context, element, box);
}

/** The outlines as an image of their own: variables and classes are resolved before it leaves the page. */
async function paintSvg(context: OffscreenCanvasRenderingContext2D, svg: SVGSVGElement, box: DOMRect): Promise<void> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  const originals = svg.querySelectorAll<SVGElement>('path,rect,circle,ellipse,polyline');
  copy.querySelectorAll<SVGElement>('path,rect,circle,ellipse,polyline').forEach((node, i) => {
    const style = getComputedStyle(originals[i]!);
    node.setAttribute('stroke', style.stroke);
    node.setAttribute('fill', style.fill);
  });
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  context.drawImage(picture, 0, 0, box.width, box.height);
  URL.revokeObjectURL(url);
}

function paintBox(context: OffscreenCanvasRenderingContext2D, element: HTMLElement, box: DOMRect): void {
  const r = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const [x, y] = [r.left - box.left, r.top - box.top];
  if (element.matches('.legend-bar i')) {
    const colors = style.backgroundImage.match(/rgb\([^)]*\)/g) ?? [];
    const gradient = context.createLinearGradient(0, y + r.height, 0, y);
    colors.forEach((color, i) => gradient.addColorStop(i / Math.max(1, colors.length - 1), color));
    const visible = element.parentElement!.getBoundingClientRect();
    context.fillStyle = gradient;
    context.fillRect(x, y, r.width, visible.height);
    return;
  }
  if (element.matches('.scale-bar i')) {
    context.strokeStyle = '#e4e7ec';
    context.lineWidth = 1;
    context.strokeRect(x, y, r.width, r.height);
    return;
  }
  if (element.matches('.locator')) {
    const small = element.querySelector('canvas');
    if (small) context.drawImage(small, x, y, r.width, r.height);
    return;
  }
  context.fillStyle = style.backgroundColor;
  context.beginPath();
  context.roundRect(x, y, r.width, r.height, parseFloat(style.borderRadius) || 0);
  context.fill();
}

function paintText(context: OffscreenCanvasRenderingContext2D, element: HTMLElement, box: DOMRect): void {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const done = new Set<Element>();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement!;
    if (!node.textContent?.trim() || done.has(parent)) continue;
    // One line of several text nodes is one text: a canvas has no tabular figures, and parts would stand apart.
    const whole = [...parent.childNodes].every((n) => n.nodeType === Node.TEXT_NODE);
    if (whole) done.add(parent);
    const range = document.createRange();
    range.selectNodeContents(whole ? parent : node);
    const r = range.getBoundingClientRect();
    const style = getComputedStyle(parent);
    const right = style.textAlign === 'right';
    const lines = parent.childNodes.length === 1 && range.getClientRects().length > 1 ? linesOf(node as Text) : [{ text: (whole ? parent : node).textContent!, r }];
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.textBaseline = 'middle';
    context.textAlign = right ? 'right' : 'left';
    for (const line of lines) context.fillText(line.text, (right ? line.r.right : line.r.left) - box.left, line.r.top - box.top + line.r.height / 2);
  }
  context.textAlign = 'left';
}

/** The lines that a text was broken into, each with its place. */
function linesOf(node: Text): { text: string; r: DOMRect }[] {
  const lines: { text: string; r: DOMRect }[] = [];
  const range = document.createRange();
  for (const word of node.data.matchAll(/\S+/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const r = range.getBoundingClientRect();
    const line = lines.at(-1);
    if (line && Math.abs(line.r.top - r.top) < 2) {
      line.text += ` ${word[0]}`;
      line.r = new DOMRect(line.r.left, line.r.top, r.right - line.r.left, line.r.height);
    } else lines.push({ text: word[0], r });
  }
  return lines;
}
