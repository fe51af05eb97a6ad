import '../../trustedTypes';
import { isAbort, StudioError, toStudioError } from '../../core/errors';
import type { Slice } from '../../core/slice';
import { holdLife } from '../../inference/lifeLock';
import type { Infer, InferResult } from '../../inference/protocol';
import { createRegistry } from '../../models';
import { createDirectorySink } from '../../storage/directorySink.browser';
import { buildDataset, makeModelSteps, previewExample, type DatasetSource, type RunModelStep, type SetInput } from '../buildDataset';
import type { BatchInput, BatchMessage, BatchReply, BuildRequest, PreviewRequest } from './protocol';

/** Makes the items of sets away from the page. Slices and model runs are asked for; steps, masks and files are made here. */
const scope = self as unknown as DedicatedWorkerGlobalScope;
const say = (reply: BatchReply): void => scope.postMessage(reply);
void holdLife().then((lifeLock) => lifeLock && say({ kind: 'alive', lifeLock }));
// Which message it was is not known: the page hears of it as of a crash.
scope.onmessageerror = () => {
  throw new Error('a message could not be read');
};

const running = new Map<number, AbortController>();
const waiting = new Map<number, { resolve: (value: Slice | InferResult | null) => void; reject: (error: Error) => void }>();
let counter = 0;

type Question = { kind: 'slice'; source: number; index: number } | { kind: 'infer'; ref: Parameters<Infer>[0]; inputs: Parameters<Infer>[1] } | { kind: 'gate' };
function ask<T extends Slice | InferResult | null>(id: number, question: Question): Promise<T> {
  const call = ++counter;
  return new Promise<T>((resolve, reject) => {
    waiting.set(call, { resolve: resolve as (value: Slice | InferResult | null) => void, reject });
    say({ ...question, id, call } as BatchReply);
  });
}

/** Ranges of series are measured once as long as sources and models stay the same. */
let known: { key: string; runModel: RunModelStep; current: { id: number } } | null = null;

/** Builds under way. What is kept between calls asks in the name of one of them, so that a preview that ends or is dropped meanwhile takes nothing from it. */
const builds = new Map<number, string>();
const owner = (key: string, id: number): number => [...builds].find(([, sources]) => sources === key)?.[0] ?? id;
const keyOf = (input: BatchInput): string => JSON.stringify([input.sources.map((s) => [s.series.id, s.opened]), input.models?.map((m) => [m.id, Object.values(m.variants).map((v) => v.sha256)])]);

function setInput(id: number, input: BatchInput): SetInput {
  const current = { id };
  const key = keyOf(input);
  const sources: DatasetSource[] = input.sources.map(({ series, labels }, source) => ({
    labels,
    source: { series, loadSlice: (index) => ask<Slice>(owner(key, current.id), { kind: 'slice', source, index }), dispose: () => undefined },
  }));
  const base = { recipe: input.recipe, sources, key: input.key, softwareVersion: input.softwareVersion };
  if (!input.models) return base;
  const models = createRegistry(input.models, () => Promise.reject(new StudioError('model/not-found', 'weights stay on the page')));
  if (known?.key !== key) {
    const infer: Infer = (ref, inputs) => ask<InferResult>(owner(key, current.id), { kind: 'infer', ref, inputs });
    known = { key, current, runModel: makeModelSteps(sources, { infer, models, softwareVersion: input.softwareVersion }) };
  }
  known.current.id = id;
  return { ...base, models, runModel: known.runModel };
}

async function build(id: number, { input, folder, cards, shard, finish }: BuildRequest, signal: AbortSignal) {
  const sink = createDirectorySink(folder);
  // With several parts at work only the page, before the start, knows that nobody is writing.
  const shared = shard ? { ...sink, removeLeftovers: async () => undefined } : sink;
  return buildDataset(setInput(id, input), {
    sink: shared, cards, shard, finish, signal,
    gate: async () => void (await ask(id, { kind: 'gate' })),
    onProgress: (progress) => say({ kind: 'progress', id, progress }),
  });
}

const preview = (id: number, { input, index }: PreviewRequest, signal: AbortSignal) => previewExample(setInput(id, input), { index, signal });

scope.onmessage = async ({ data }: MessageEvent<BatchMessage>) => {
  if (data.kind === 'abort') {
    running.get(data.id)?.abort();
    return;
  }
  if (data.kind === 'answer' || data.kind === 'refusal') {
    const question = waiting.get(data.call);
    waiting.delete(data.call);
    if (data.kind === 'answer') question?.resolve(data.value);
    else question?.reject(data.aborted ? new DOMException('Cancelled.', 'AbortError') : new StudioError(data.code, data.detail));
    return;
  }
  const { id } = data;
  const controller = new AbortController();
  running.set(id, controller);
  if (data.kind === 'build') builds.set(id, keyOf(data.request.input));
  try {
    say({ kind: 'done', id, value: data.kind === 'build' ? await build(id, data.request, controller.signal) : await preview(id, data.request, controller.signal) });
  } catch (error) {
    const { code, detail } = toStudioError(error);
    say({ kind: 'failed', id, code, detail, aborted: isAbort(error) });
  } finally {
    running.delete(id);
    builds.delete(id);
  }
};
