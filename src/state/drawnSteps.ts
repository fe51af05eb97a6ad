import type { Example } from '../pipeline/buildDataset';

/** Whether a step did something to the copy: a flip that drew none of its axes mirrors nothing. */
export const didSomething = ({ type, applied, values }: Example['steps'][number]): boolean =>
  applied && (type !== 'flip' || values.horizontal === true || values.vertical === true);
