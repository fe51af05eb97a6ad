import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../core/errors';
import { auditSet } from '../pipeline/auditSet';
import { createNodeDecoder } from '../pipeline/decode/decoder.node.ts';
import { parseManifest } from '../pipeline/review';
import { parseArgs } from './engine';

export const usage = `usage: verisim audit SET [--json]

Measures a built set (the folder with manifest.json): generated lesions against the real ones in it.
  fidelity      distributions of mean, contrast, spread and edge of the lesions (Kolmogorov–Smirnov, Wasserstein)
  diversity     mean correlation between pairs, within real and within generated
  memorisation  correlation with the nearest real lesion of another patient; generated above real means copies
  subgroups     segmenter Dice and hallucination meter by patient and by size, with the largest gap
Exit code 1 when an item could not be read.`;

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { json: 'flag' });
  if (inputs.length !== 1) throw new StudioError('cli/usage', 'one folder of a built set is taken');
  const folder = inputs[0]!;
  const file = join(folder, 'manifest.json');
  if (!existsSync(file)) throw new StudioError('input/not-readable', `${folder} holds no manifest.json`);
  const manifest = parseManifest(JSON.parse(readFileSync(file, 'utf8')));
  const decoder = createNodeDecoder(1);
  try {
    const report = await auditSet(manifest, async (path) => (existsSync(join(folder, path)) ? new Uint8Array(readFileSync(join(folder, path))) : null), decoder);
    if (options.has('json')) process.stdout.write(`${JSON.stringify({ ...report, failed: report.failed.map(({ id, error }) => ({ id, code: error.code })) }, null, 1)}\n`);
    else print(report);
    return report.failed.length ? 1 : 0;
  } finally {
    decoder.dispose();
  }
}

const figure = (v: number | null): string => (v === null ? '–' : v.toFixed(2));

function print(report: Awaited<ReturnType<typeof auditSet>>): void {
  console.log(`${report.name}: ${report.items.original} real and ${report.items.generated} generated images of ${report.items.patients} patients; ${report.real} real and ${report.generated} generated lesions`);
  if (report.fidelity) for (const [name, d] of Object.entries(report.fidelity)) console.log(`fidelity      ${name.padEnd(9)} real ${figure(d.real.mean)} ± ${figure(d.real.sd)}, generated ${figure(d.generated.mean)} ± ${figure(d.generated.sd)}; KS ${figure(d.ks)}, Wasserstein ${figure(d.wasserstein)}`);
  else console.log('fidelity      needs at least two real and two generated lesions');
  console.log(`diversity     pair correlation: real ${figure(report.diversity.real)}, generated ${figure(report.diversity.generated)}`);
  if (report.memorisation) console.log(`memorisation  nearest real: real ${figure(report.memorisation.real)}, generated ${figure(report.memorisation.generated)}`);
  for (const [name, { groups, gap }] of Object.entries(report.subgroups)) if (groups.length) console.log(`subgroups     ${name}: ${groups.slice(0, 6).map((g) => `${g.group} ${figure(g.mean)} (${g.items})`).join(', ')}${groups.length > 6 ? ', …' : ''}; gap ${figure(gap)}`);
  for (const { id, error } of report.failed) console.error(`${id}: ${error.code}`);
}
