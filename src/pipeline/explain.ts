import { StudioError } from '../core/errors';
import { toModelRange } from '../core/normalise';
import { fillMask, paddedToModel } from '../core/padding';
import type { Raster } from '../core/raster';
import type { Slice } from '../core/slice';
import type { Backend, Infer } from '../inference/protocol';
import { randomisedVariant, type ModelEntry } from '../models';
import { cutBox, diffusionIndex, gradCam, gradient, integratedGradients, LAM, localAttribution, occlusion, rise, RISE_CELLS, scoreFaithfulness, smoothGrad, type Box, type Explainable, type Faithfulness, type FaithfulnessCurve, type MethodHooks, type MethodResult, type SaliencyMap, type SaliencyMethod } from '../saliency';
import { averagedInfer, variantWeights } from '../synthesis/superResolution';
import { chooseOperator } from './chooseOperator';
import type { EngineContext, EnhanceSettings, ValueRange } from './enhance';
import { gradientThroughKspace, imageTarget, lesionTarget } from './explainTargets';
import { networkBox } from './networkBox';
import { rangeOn } from './valueRange';

export type { Box, Faithfulness, FaithfulnessCurve, SaliencyMap, SaliencyMethod } from '../saliency';
export { areasOfInterest, differenceMap, realismMap } from './sliceMaps';

/** What made the pixel that is asked about. */
export type ExplainTarget =
  /** `region` is in pixels of the enlarged image. */
  | { readonly kind: 'super-resolution'; readonly modelId: string; readonly settings: EnhanceSettings; readonly range: ValueRange }
  /** One patch of an inserter or remover in model range; `region` is in patch pixels. `z` for inserters. `insideOnly`: only the mask's pixels of the region count. */
  | { readonly kind: 'lesion'; readonly modelId: string; readonly patch: Raster; readonly mask: Raster; readonly z?: Float32Array; readonly insideOnly?: boolean }
  /** Lesion score of a segmenter; `region` is in slice pixels. */
  | { readonly kind: 'segmentation'; readonly modelId: string; readonly range: ValueRange };

export interface ExplainOptions {
  readonly method: SaliencyMethod;
  readonly region: Box;
  /** LAM and integrated gradients: path steps (50). SmoothGrad: samples (20). RISE: masks (400). */
  readonly steps?: number;
  readonly seed?: number;
  /** Also score the map by deletion and insertion (about a second more). Curves of another method at this very region save half of it. */
  readonly faithfulness?: boolean | readonly FaithfulnessCurve[];
  /** Teaching switch: weights of the last `0…1` of the layers replaced by seeded noise, from the output backwards. */
  readonly randomise?: number;
  /** Coarse maps first; each is complete in itself. Discard them when the region has moved on (abort the signal). */
  readonly onUpdate?: (map: SaliencyMap, done: number, total: number) => void;
}

export interface ExplainResult {
  readonly method: SaliencyMethod;
  /** What was asked about: the region inside the image, for LAM at least two pixels a side. */
  readonly region: Box;
  readonly map: SaliencyMap;
  /** `shown image`: pulled back through blend, projection and scale. Else a step was not linear. */
  readonly explains: 'shown image' | 'network output only';
  /** LAM: 0…100, larger = more pixels were involved (Gu and Dong, CVPR 2021). */
  readonly diffusionIndex?: number;
  /** LAM, integrated gradients: |Σ map − (end − start)| / |end − start|. */
  readonly completenessError?: number;
  readonly faithfulness?: Faithfulness;
  readonly backend: Backend;
  readonly milliseconds: number;
  /** Method and parameters, for export and methods text. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

const STEPS: Partial<Record<SaliencyMethod, number>> = { lam: LAM.steps, 'integrated-gradients': 50, smoothgrad: 20, rise: 400 };

/** The question, made concrete: model input, explainable function, and what it leaves out. */
interface Question {
  readonly frame: Raster;
  readonly model: ModelEntry;
  readonly weights: ReadonlyMap<string, number>;
  readonly target: Explainable;
  readonly explains: ExplainResult['explains'];
  /** The k-space projection, which only the gradient can go through. */
  readonly kspace: boolean;
  readonly infer: Infer;
}

/**
 * Why does this region look as it does? The map lies over the original (input) side; for a lesion over its patch.
 * Abort `context.signal` when the region moves: nothing is queued behind a stale question.
 * Rejects with `saliency/no-region`, `model/no-gradient`, `model/*`, `worker/*` or AbortError.
 */
export async function explainRegion(slice: Slice, target: ExplainTarget, options: ExplainOptions, context: EngineContext): Promise<ExplainResult> {
  const started = performance.now();
  const { method } = options, seed = options.seed ?? 1;
  const steps = options.steps ?? STEPS[method] ?? 0;
  const question = ask(slice, target, options, context);
  const { frame, target: explainable } = question;
  const toMap = (values: Float32Array, box: Box): SaliencyMap => ({ raster: place(values, box, frame), box, signed: SIGNED.has(method), nativePx: nativePx(method, question) });
  const hooks: MethodHooks = { signal: context.signal, gate: context.gate };
  const updates = (box: Box): MethodHooks => ({
    ...hooks,
    onUpdate: (values, done, total) => {
      context.onProgress?.(done, total);
      options.onUpdate?.(toMap(values, box), done, total);
    },
  });

  let box = explainable.box, result: MethodResult, backend: Backend | null = null;
  if (question.kspace && method === 'gradient') {
    box = { x: 0, y: 0, width: frame.width, height: frame.height };
    const whole = await gradientThroughKspace(frame, explainable.region, question.model, question.weights, question.infer, updates(box));
    result = whole;
    backend = whole.backend;
  } else if (method === 'grad-cam') {
    result = { map: await camOf(question, context) };
  } else {
    result = await runMethod(method, explainable, steps, seed, updates(box));
  }
  const inBox = box === explainable.box ? result.map : cutBox({ data: result.map, width: frame.width, height: frame.height, unit: 'map' }, explainable.box);
  const scored = options.faithfulness ? await scoreFaithfulness(explainable, inBox, seed, hooks, options.faithfulness === true ? [] : options.faithfulness) : undefined;
  // Pixels are deleted on a crop, which the k-space projection cannot go through, so that the score is of less than the map.
  const less = question.kspace && question.explains === 'shown image';
  const faithfulness = scored && less ? { ...scored, sentence: `${scored.sentence} This was scored on the network’s output, without the projection.` } : scored;
  const { region } = explainable;
  const parameters: Record<string, string | number | boolean> = {
    method, model: question.model.id, variants: [...question.weights].map(([v, w]) => `${v}:${w}`).join(' '),
    region: [region.x, region.y, region.width, region.height].join(','),
    ...(steps ? { [method === 'rise' ? 'masks' : method === 'smoothgrad' ? 'samples' : 'steps']: steps } : {}),
    ...(method === 'smoothgrad' || method === 'rise' || options.faithfulness ? { seed } : {}),
    ...(options.randomise ? { randomised: options.randomise } : {}),
    explains: question.explains,
    ...(faithfulness && less ? { scored: 'network output only' } : {}),
  };
  return {
    method,
    region,
    map: toMap(result.map, box),
    explains: question.explains,
    ...(method === 'lam' ? { diffusionIndex: diffusionIndex(inBox, explainable.box.width, explainable.box.height) } : {}),
    ...(result.completenessError === undefined ? {} : { completenessError: result.completenessError }),
    ...(faithfulness ? { faithfulness } : {}),
    backend: backend ?? explainable.backend(),
    milliseconds: performance.now() - started,
    parameters,
  };
}

const SIGNED: ReadonlySet<SaliencyMethod> = new Set(['gradient', 'integrated-gradients', 'lam', 'smoothgrad', 'rise']);

function nativePx(method: SaliencyMethod, { model, target }: Question): number {
  if (method === 'occlusion') return 4;
  if (method === 'rise') return Math.ceil(Math.max(target.box.width, target.box.height) / RISE_CELLS);
  return method === 'grad-cam' ? model.multipleOf : 1;
}

function ask(slice: Slice, target: ExplainTarget, options: ExplainOptions, context: EngineContext): Question {
  const model = context.models.get(target.modelId);
  const vary = (variant: string): string => randomisedVariant(variant, options.randomise ?? 0, options.seed ?? 1);
  if (target.kind === 'lesion') {
    const region = clipRegion(options, target.patch.width, target.patch.height);
    const variant = vary(Object.keys(model.variants)[0]!);
    const explainable = lesionTarget(target.patch, target.mask, target.z, region, target.insideOnly ?? false, model, variant, context.infer);
    return { frame: target.patch, model, weights: new Map([[variant, 1]]), target: explainable, explains: 'network output only', kspace: false, infer: context.infer };
  }
  const range = rangeOn(slice, model, target.range);
  // As the network that ran saw it: see `segmentSlice` and `runNetwork`.
  const frame = target.kind === 'segmentation' ? paddedToModel(slice, range) : toModelRange(slice.raster, range, fillMask(slice, range.source === 'window' ? range : null));
  const region = clipRegion(options, frame.width * model.scale, frame.height * model.scale);
  if (target.kind === 'segmentation') {
    const weights = new Map([[vary(Object.keys(model.variants)[0]!), 1]]);
    return { frame, model, weights, target: imageTarget(frame, region, model, weights, null, context.infer), explains: 'network output only', kspace: false, infer: context.infer };
  }
  const { settings } = target;
  const infer = settings.averaged ? averagedInfer(context.infer) : context.infer;
  const weights = new Map([...variantWeights(Object.keys(model.variants), settings.perceptual)].map(([v, w]) => [vary(v), w]));
  const operator = settings.consistent ? chooseOperator(settings.operator, slice.modality) : null;
  const explainable = imageTarget(frame, region, model, weights, operator === 'bicubic' ? 'bicubic' : null, infer);
  // The k-space projection is not local: paths and perturbations on a crop cannot go through it, the gradient can.
  const left = operator === 'kspace' && options.method !== 'gradient';
  return { frame, model, weights, target: explainable, explains: left ? 'network output only' : 'shown image', kspace: operator === 'kspace', infer };
}

/** The region inside the image. LAM asks about differences of neighbours: it needs two pixels a side. */
function clipRegion({ region, method }: ExplainOptions, width: number, height: number): Box {
  const x = Math.max(0, Math.round(region.x)), y = Math.max(0, Math.round(region.y));
  const clipped = { x, y, width: Math.min(width, Math.round(region.x + region.width)) - x, height: Math.min(height, Math.round(region.y + region.height)) - y };
  if (!(clipped.width >= 1 && clipped.height >= 1)) throw new StudioError('saliency/no-region', `${region.width} × ${region.height} at ${region.x}, ${region.y}`);
  if (method !== 'lam') return clipped;
  const [w, h] = [Math.min(width, Math.max(2, clipped.width)), Math.min(height, Math.max(2, clipped.height))];
  return { x: Math.min(x, width - w), y: Math.min(y, height - h), width: w, height: h };
}

function runMethod(method: Exclude<SaliencyMethod, 'grad-cam'>, target: Explainable, steps: number, seed: number, hooks: MethodHooks): Promise<MethodResult> {
  switch (method) {
    case 'gradient': return gradient(target, hooks);
    case 'integrated-gradients': return integratedGradients(target, steps, hooks);
    case 'lam': return localAttribution(target, steps, hooks);
    case 'smoothgrad': return smoothGrad(target, steps, seed, hooks);
    case 'occlusion': return occlusion(target, hooks);
    case 'rise': return rise(target, steps, seed, hooks);
  }
}

/** Grad-CAM of the region's score, each feature cell as a block over the box. */
async function camOf({ frame, model, weights, target, infer }: Question, context: EngineContext): Promise<Float32Array> {
  const { region } = target;
  const net = networkBox(frame, region, model, weights, infer);
  const { raw } = await net.vjp(cutBox(frame, net.box), new Float32Array(region.width * region.height).fill(1), context.signal);
  const { features, grad_features: back } = raw.outputs;
  if (!features || !back) throw new StudioError('model/no-gradient', `${model.id} has no feature maps for Grad-CAM`);
  const [, channels, rows, columns] = features.dims as [number, number, number, number];
  const cam = gradCam(features.data, back.data, channels);
  const m = model.multipleOf;
  const left = Math.floor((region.x - model.halo) / m) * m, top = Math.floor((region.y - model.halo) / m) * m;
  const cellAt = (v: number, n: number): number => Math.min(n - 1, Math.max(0, Math.floor(v / m)));
  return Float32Array.from({ length: net.box.width * net.box.height }, (_, i) => {
    const x = net.box.x + (i % net.box.width) - left, y = net.box.y + Math.floor(i / net.box.width) - top;
    return cam[cellAt(y, rows) * columns + cellAt(x, columns)]!;
  });
}

/** Box values in a raster of the input's size, zero elsewhere. */
function place(values: Float32Array, box: Box, frame: Raster): Raster {
  const data = new Float32Array(frame.width * frame.height);
  for (let y = 0; y < box.height; y++) data.set(values.subarray(y * box.width, (y + 1) * box.width), (box.y + y) * frame.width + box.x);
  return { data, width: frame.width, height: frame.height, unit: 'map' };
}
