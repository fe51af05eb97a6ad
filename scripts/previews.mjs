// One picture a sample for the start page (public/samples/previews/<id>.jpg, grey): the middle slice, cropped to
// the anatomy. They lie apart, so that a sample's folder holds DICOM only. Decoded by the package that ships the files.
// Run by samples.mjs.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { encode } from 'jpeg-js';

const daikon = createRequire(import.meta.url)('daikon');
const out = resolve(import.meta.dirname, '../public/samples');
const [WIDTH, HEIGHT] = [528, 464];
/** Window as centre and width; null takes the 1st to 99.5th percentile. */
const WINDOWS = { 'ct-chest': [-600, 1500] };

/** Mean of the source pixels under each preview pixel; enlarged ones are linear. */
function draw(values, columns, rows, [low, high]) {
  const threshold = low + 0.12 * (high - low);
  let [x0, x1, y0, y1] = [columns, 0, rows, 0];
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) if (values[y * columns + x] > threshold) {
    x0 = Math.min(x0, x); x1 = Math.max(x1, x + 1); y0 = Math.min(y0, y); y1 = Math.max(y1, y + 1);
  }
  const scale = Math.max((x1 - x0) / WIDTH, (y1 - y0) / HEIGHT) / 0.98;
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const data = new Uint8Array(WIDTH * HEIGHT);
  const at = (x, y) => (x < 0 || y < 0 || x >= columns || y >= rows ? low : values[y * columns + x]);
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) {
    const [sx, sy] = [cx + (x + 0.5 - WIDTH / 2) * scale - 0.5, cy + (y + 0.5 - HEIGHT / 2) * scale - 0.5];
    const [ix, iy] = [Math.floor(sx), Math.floor(sy)];
    const [fx, fy] = [sx - ix, sy - iy];
    const v = (at(ix, iy) * (1 - fx) + at(ix + 1, iy) * fx) * (1 - fy) + (at(ix, iy + 1) * (1 - fx) + at(ix + 1, iy + 1) * fx) * fy;
    data[y * WIDTH + x] = Math.max(0, Math.min(255, Math.round(((v - low) / (high - low)) * 255)));
  }
  const rgba = new Uint8Array(data.length * 4);
  data.forEach((v, i) => rgba.set([v, v, v, 255], i * 4));
  return encode({ width: WIDTH, height: HEIGHT, data: rgba }, 82).data;
}

mkdirSync(join(out, 'previews'), { recursive: true });
for (const sample of JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'))) {
  const target = join(out, 'previews', `${sample.id}.jpg`);
  for (const old of [join(out, sample.id, 'preview.png'), join(out, 'previews', `${sample.id}.png`)]) rmSync(old, { force: true }); // where earlier versions put it
  if (existsSync(target) && !process.argv.includes('--force')) continue;
  const bytes = readFileSync(join(out, sample.files[Math.floor((sample.files.length - 1) / 2)]));
  const image = daikon.Series.parseImage(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const values = image.getInterpretedData(true, true).data;
  const sorted = Float32Array.from(values).sort();
  const window = WINDOWS[sample.id];
  const range = window ? [window[0] - window[1] / 2, window[0] + window[1] / 2] : [sorted[Math.floor(sorted.length * 0.01)], sorted[Math.floor(sorted.length * 0.995)]];
  writeFileSync(target, draw(values, image.getCols(), image.getRows(), range));
}
