import type { InputFile } from '../pipeline/importFiles';
import { prepareEnhance, type ModelEntry } from './enhance';
import { runJob } from './jobs';
import { postNotice } from './notices';
import { engineContext } from './services';
import { stageStore } from './stage';
import { say } from './strings/say';

/** An ONNX file among what was dropped: with the JSON beside it it is a model that somebody brings along. */
const isModelFile = (input: InputFile): boolean => input.path.toLowerCase().endsWith('.onnx');

const stem = (path: string) => path.replace(/\.[^./]+$/, '').replace(/-gradient$/, '');

/** Checks each ONNX file with the JSON of its name (or the only JSON given) and adds it to the models of this session. */
export async function openModels(inputs: readonly InputFile[]): Promise<void> {
  const contracts = inputs.filter((i) => i.path.toLowerCase().endsWith('.json'));
  const graphs = inputs.filter((i) => isModelFile(i) && !/-gradient\.onnx$/i.test(i.path));
  for (const graph of graphs) {
    const contract = contracts.find((c) => stem(c.path) === stem(graph.path)) ?? (contracts.length === 1 ? contracts[0] : undefined);
    if (!contract) {
      postNotice({ level: 'warn', happened: say('model.noContract', { name: graph.path }), todo: say('model.noContract.todo') });
      continue;
    }
    const gradient = inputs.find((i) => isModelFile(i) && i.path.toLowerCase() === `${stem(graph.path)}-gradient.onnx`.toLowerCase());
    const bytes = async (file: InputFile) => new Uint8Array(await file.blob.arrayBuffer());
    await runJob({ name: say('job.checking', { name: graph.path }), kind: 'model', total: 1, summary: (m: ModelEntry) => say('job.checked', { name: m.id }) }, async ({ signal }) => {
      const { bringYourOwn } = await import('../pipeline/bringYourOwn');
      const entry = await bringYourOwn({ onnx: await bytes(graph), contract: await contract.blob.text(), name: graph.path, ...(gradient ? { gradient: await bytes(gradient) } : {}) }, await engineContext({ signal }));
      const { original } = stageStore.getState();
      if (original) await prepareEnhance(original); // listed before it is said that it can be used
      return entry;
    });
  }
}
