// Size budget: what the browser loads before first paint (index.html, its scripts, preloads and styles), as brotli.
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET = 150 * 1024;
const dist = resolve(import.meta.dirname, '../dist');
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const files = new Set(['index.html']);
for (const [, path] of html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+\.(?:js|css|woff2))"/g)) files.add(path);
let total = 0;
for (const file of files) {
  const bytes = file.endsWith('woff2') ? statSync(join(dist, file)).size : brotliCompressSync(readFileSync(join(dist, file))).length;
  total += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(7)} KB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} KB  before first paint (budget ${BUDGET / 1024} KB)`);
process.exit(total > BUDGET ? 1 : 0);
