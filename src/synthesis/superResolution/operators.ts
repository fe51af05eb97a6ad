import { factorGram, solveBanded, type BandedFactor } from '../../core/banded';
import { truncateKspace, zeroFillKspace, type Plane } from '../../core/kspace';
import { applySeparable, axisOperator } from '../../core/resample';

export type ReductionKind = 'bicubic' | 'kspace';

/**
 * A linear way from a high-res to a low-res plane on the half-pixel grid, with what is needed to project and to pull
 * cotangents back. `D` below. Planes in, planes out; the high-res sides are `scale` times the low-res ones.
 */
export interface Reduction {
  readonly kind: ReductionKind;
  readonly scale: number;
  /** D x. */
  reduce(high: Plane): Plane;
  /** D⁺ y = Dᵀ (D Dᵀ)⁻¹ y: the smallest high-res plane that reduces to y. */
  pseudoInverse(low: Plane): Plane;
  /** (D⁺)ᵀ c = (D Dᵀ)⁻¹ D c. */
  pseudoInverseAdjoint(high: Plane): Plane;
}

/** Track I: antialiased bicubic. Track K: k-space truncation. */
export function makeReduction(kind: ReductionKind, scale: number, lowWidth: number, lowHeight: number): Reduction {
  return kind === 'bicubic' ? bicubicReduction(scale, lowWidth, lowHeight) : kspaceReduction(scale);
}

function bicubicReduction(scale: number, width: number, height: number): Reduction {
  const horizontal = axisOperator(width * scale, width, 'bicubic');
  const vertical = axisOperator(height * scale, height, 'bicubic');
  // D = V ⊗ H, so D·Dᵀ = (V·Vᵀ) ⊗ (H·Hᵀ): two banded solves.
  let factors: { rows: BandedFactor; columns: BandedFactor } | null = null;
  const solveGram = (low: Plane): Plane => {
    factors ??= { rows: factorGram(vertical), columns: factorGram(horizontal) };
    const data = low.data.slice();
    for (let y = 0; y < low.height; y++) solveBanded(factors.columns, data, y * low.width, 1);
    for (let x = 0; x < low.width; x++) solveBanded(factors.rows, data, x, low.width);
    return { ...low, data };
  };
  const reduce = (high: Plane): Plane => applySeparable(high, vertical, horizontal);
  return {
    kind: 'bicubic',
    scale,
    reduce,
    pseudoInverse: (low) => applySeparable(solveGram(low), vertical, horizontal, true),
    pseudoInverseAdjoint: (high) => solveGram(reduce(high)),
  };
}

function kspaceReduction(scale: number): Reduction {
  const gain = scale * scale;
  return {
    kind: 'kspace',
    scale,
    reduce: (high) => truncateKspace(high, scale),
    // Zero-filling, with Nyquist terms doubled; its adjoint is truncation with the same weights, times s².
    pseudoInverse: (low) => zeroFillKspace(low, scale, 2),
    pseudoInverseAdjoint(high) {
      const low = truncateKspace(high, scale, 2);
      return { ...low, data: low.data.map((v) => v * gain) };
    },
  };
}
