import { StudioError } from '../core/errors';
import type { ModelEntry } from './manifest';

type Port = ModelEntry['inputs'][number];

/** Which input of a lesion model (or of a critic of its patches) is what. */
interface LesionPorts {
  readonly image: string;
  readonly mask: string;
  /** Standard normal noise, [1, K]; null where the model takes none. */
  readonly z: Port | null;
}

/** By the names `image`, `mask` and `z` where the model has them, else in this order. Throws `model/invalid` without a mask. */
export function lesionPorts({ id, inputs }: ModelEntry): LesionPorts {
  const others = inputs.filter((port) => !['image', 'mask', 'z'].includes(port.name));
  const [image, mask, z] = ['image', 'mask', 'z'].map((name) => inputs.find((port) => port.name === name) ?? others.shift());
  if (!image || !mask) throw new StudioError('model/invalid', `${id} has no input for the mask`);
  return { image: image.name, mask: mask.name, z: z ?? null };
}

/** Whether a range measured for one model holds for the other. */
export const normaliseAlike = (a: ModelEntry, b: ModelEntry): boolean => JSON.stringify(a.normalisation) === JSON.stringify(b.normalisation);

/** The input that takes the image: the one so named, else the first. */
export const imagePort = ({ inputs }: ModelEntry): Port => inputs.find((port) => port.name === 'image') ?? inputs[0]!;
