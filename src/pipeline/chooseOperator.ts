import type { ReductionKind } from '../synthesis/superResolution';

/** The reduction that `auto` stands for: MR k-space truncation, else antialiased bicubic. */
export function chooseOperator(operator: 'auto' | ReductionKind, modality: string): ReductionKind {
  return operator === 'auto' ? (modality === 'MR' ? 'kspace' : 'bicubic') : operator;
}
