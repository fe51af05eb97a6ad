/** One lesion of a set, cut out for measuring: a square around the mask, `side` × `side`, in HU or grey levels. */
export interface LesionPatch {
  readonly id: string;
  readonly kind: 'real' | 'generated';
  readonly patient: string;
  readonly values: Float32Array;
  readonly mask: Uint8Array;
  readonly side: number;
}

/** Where two samples stand to each other. */
export interface Distance {
  /** Largest difference of the distribution functions, 0…1 (Kolmogorov–Smirnov). */
  readonly ks: number;
  /** Mean difference of the quantiles over the real sample's standard deviation (Wasserstein-1, scaled). */
  readonly wasserstein: number;
  readonly real: { readonly mean: number; readonly sd: number };
  readonly generated: { readonly mean: number; readonly sd: number };
}

/** How generated lesions stand to real ones. Null where there are fewer than two of either. */
export interface SetAudit {
  readonly real: number;
  readonly generated: number;
  /** Fidelity: distributions of figures of a lesion. */
  readonly fidelity: Readonly<Record<'mean' | 'contrast' | 'spread' | 'edge', Distance>> | null;
  /** Diversity: mean correlation between pairs within a group; lower is more varied. */
  readonly diversity: { readonly real: number | null; readonly generated: number | null };
  /** Memorisation: correlation of each lesion with its nearest real one of another patient; generated above real means copies. */
  readonly memorisation: { readonly real: number | null; readonly generated: number | null; readonly closest: readonly { readonly id: string; readonly to: string; readonly correlation: number }[] } | null;
}

/** Measures a set by its lesions. Deterministic; pairs are limited to the first `limit` lesions of a group. */
export function auditLesions(patches: readonly LesionPatch[], limit = 400): SetAudit {
  const real = patches.filter((p) => p.kind === 'real').slice(0, limit);
  const generated = patches.filter((p) => p.kind === 'generated').slice(0, limit);
  const enough = real.length >= 2 && generated.length >= 2;
  const figures = (list: readonly LesionPatch[]) => list.map(measure);
  const [r, g] = [figures(real), figures(generated)];
  const distance = (key: keyof Figures): Distance => compare(r.map((f) => f[key]), g.map((f) => f[key]));
  return {
    real: real.length,
    generated: generated.length,
    fidelity: enough ? { mean: distance('mean'), contrast: distance('contrast'), spread: distance('spread'), edge: distance('edge') } : null,
    diversity: { real: meanPair(real), generated: meanPair(generated) },
    memorisation: real.length >= 2 ? memorisation(real, generated) : null,
  };
}

interface Figures {
  /** Mean inside the mask. */
  readonly mean: number;
  /** Mean inside minus mean of the rest of the patch. */
  readonly contrast: number;
  /** Standard deviation inside. */
  readonly spread: number;
  /** Mean absolute step across the mask's edge. */
  readonly edge: number;
}

function measure({ values, mask, side }: LesionPatch): Figures {
  let [inside, n, outside, m, squares, edge, steps] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (mask[i]) {
      inside += values[i]!;
      squares += values[i]! * values[i]!;
      n++;
    } else {
      outside += values[i]!;
      m++;
    }
    for (const j of [i % side < side - 1 ? i + 1 : -1, i + side < values.length ? i + side : -1]) {
      if (j < 0 || mask[i] === mask[j]) continue;
      edge += Math.abs(values[i]! - values[j]!);
      steps++;
    }
  }
  const mean = inside / Math.max(1, n);
  return { mean, contrast: mean - outside / Math.max(1, m), spread: Math.sqrt(Math.max(0, squares / Math.max(1, n) - mean * mean)), edge: edge / Math.max(1, steps) };
}

/** Distances of two samples of one number each. */
export function compare(real: readonly number[], generated: readonly number[]): Distance {
  const a = [...real].sort((x, y) => x - y);
  const b = [...generated].sort((x, y) => x - y);
  const all = [...new Set([...a, ...b])].sort((x, y) => x - y);
  const below = (list: readonly number[], t: number): number => list.filter((v) => v <= t).length / list.length;
  const ks = Math.max(...all.map((t) => Math.abs(below(a, t) - below(b, t))));
  let area = 0;
  for (let i = 0; i + 1 < all.length; i++) area += Math.abs(below(a, all[i]!) - below(b, all[i]!)) * (all[i + 1]! - all[i]!);
  const sd = spreadOf(a);
  return { ks, wasserstein: sd > 0 ? area / sd : area === 0 ? 0 : Infinity, real: { mean: meanOf(a), sd }, generated: { mean: meanOf(b), sd: spreadOf(b) } };
}

const meanOf = (list: readonly number[]): number => list.reduce((s, v) => s + v, 0) / list.length;
const spreadOf = (list: readonly number[]): number => {
  const m = meanOf(list);
  return Math.sqrt(list.reduce((s, v) => s + (v - m) * (v - m), 0) / list.length);
};

/** Correlation of two lesions, each resampled to 16 × 16 by the mean of its cells; −1…1. */
export function similarity(a: LesionPatch, b: LesionPatch): number {
  const x = shrink(a);
  const y = shrink(b);
  const [mx, my] = [meanOf(x), meanOf(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) * (x[i]! - mx);
    yy += (y[i]! - my) * (y[i]! - my);
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

const GRID = 16;
const shrunk = new WeakMap<LesionPatch, number[]>();
function shrink(patch: LesionPatch): number[] {
  const there = shrunk.get(patch);
  if (there) return there;
  const { values, side } = patch;
  const out: number[] = [];
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const [x0, x1, y0, y1] = [x, x + 1, y, y + 1].map((v) => Math.floor((v * side) / GRID)) as [number, number, number, number];
      let [sum, n] = [0, 0];
      for (let r = y0; r < Math.max(y1, y0 + 1); r++) {
        for (let c = x0; c < Math.max(x1, x0 + 1); c++) {
          sum += values[Math.min(side - 1, r) * side + Math.min(side - 1, c)]!;
          n++;
        }
      }
      out.push(sum / n);
    }
  }
  shrunk.set(patch, out);
  return out;
}

function meanPair(list: readonly LesionPatch[]): number | null {
  let [sum, n] = [0, 0];
  for (let i = 0; i < list.length; i++) {
    for (let j = i + 1; j < list.length; j++) {
      sum += similarity(list[i]!, list[j]!);
      n++;
    }
  }
  return n ? sum / n : null;
}

function memorisation(real: readonly LesionPatch[], generated: readonly LesionPatch[]): SetAudit['memorisation'] {
  const nearest = (p: LesionPatch): { id: string; to: string; correlation: number } | null => {
    let best: { id: string; to: string; correlation: number } | null = null;
    for (const other of real) {
      if (other.patient === p.patient) continue; // a copy of a slice bears the lesions that it had
      const correlation = similarity(p, other);
      if (!best || correlation > best.correlation) best = { id: p.id, to: other.id, correlation };
    }
    return best;
  };
  const of = (list: readonly LesionPatch[]) => list.flatMap((p) => nearest(p) ?? []);
  const [r, g] = [of(real), of(generated)];
  const mean = (list: readonly { correlation: number }[]): number | null => (list.length ? meanOf(list.map((v) => v.correlation)) : null);
  return { real: mean(r), generated: mean(g), closest: [...g].sort((a, b) => b.correlation - a.correlation).slice(0, 5) };
}

/** Mean and count of a figure in each group, and the largest gap between group means. */
export function subgroupGaps(rows: readonly { readonly group: string; readonly value: number | null }[]): { readonly groups: readonly { readonly group: string; readonly items: number; readonly mean: number }[]; readonly gap: number | null } {
  const groups = new Map<string, number[]>();
  for (const { group, value } of rows) if (value !== null) groups.set(group, [...(groups.get(group) ?? []), value]);
  const list = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, values]) => ({ group, items: values.length, mean: meanOf(values) }));
  const means = list.map((l) => l.mean);
  return { groups: list, gap: list.length > 1 ? Math.max(...means) - Math.min(...means) : null };
}
