import { StudioError, toStudioError } from '../core/errors';
import { parseArgs, shippedModels } from './engine';

export const usage = `usage: verisim models [--json] [--check]

Lists the models of the manifest: task, modality, size, licence.
  --check  also reads every file and compares its sha256
Exit code 1 when a file is missing or another one.`;

export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  const { inputs, options } = parseArgs(args, { json: 'flag', check: 'flag' });
  if (inputs.length) throw new StudioError('cli/usage', `models takes no input: ${inputs.join(' ')}`);
  const models = await shippedModels();
  const problems: { model: string; code: string; detail: string }[] = [];
  if (options.has('check')) {
    for (const entry of models.list()) for (const [variant, v] of Object.entries(entry.variants)) {
      for (const graph of v.gradient ? (['forward', 'gradient'] as const) : (['forward'] as const)) {
        await models.bytes({ modelId: entry.id, variant, graph }).catch((error: unknown) => {
          const { code, detail } = toStudioError(error);
          problems.push({ model: entry.id, code, detail });
        });
      }
    }
  }
  if (options.has('json')) process.stdout.write(`${JSON.stringify({ models: models.list(), problems }, null, 1)}\n`);
  else {
    for (const m of models.list()) {
      const kb = Object.values(m.variants).map((v) => `${Math.round(v.bytes / 1000)} kB`).join(' + ');
      console.log(`${m.id.padEnd(26)} ${m.task.padEnd(18)} ${m.modality.join(',').padEnd(6)} ${m.scale > 1 ? `x${m.scale}` : '  '}  ${Object.keys(m.variants).join(', ').padEnd(22)} ${kb.padEnd(18)} ${m.license}`);
    }
  }
  for (const p of problems) console.error(`${p.model}: ${p.code} ${p.detail}`);
  return problems.length ? 1 : 0;
}
