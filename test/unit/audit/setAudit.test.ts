import { describe, expect, it } from 'vitest';
import { makeRandom } from '../../../src/core/random';
import { auditLesions, compare, similarity, subgroupGaps, type LesionPatch } from '../../../src/audit/setAudit';

/** A disc of level `inside` with noise; the pattern depends on the seed. */
function patch(kind: LesionPatch['kind'], seed: number, inside: number, patient = `P${seed}`): LesionPatch {
  const random = makeRandom(`patch/${seed}`);
  const side = 32;
  const mask = new Uint8Array(side * side);
  const values = new Float32Array(side * side);
  const [cx, cy, r] = [16 + random.uniform(-4, 4), 16 + random.uniform(-4, 4), random.uniform(5, 10)];
  for (let i = 0; i < mask.length; i++) {
    mask[i] = (i % side - cx) ** 2 + (Math.floor(i / side) - cy) ** 2 < r * r ? 1 : 0;
    values[i] = (mask[i] ? inside : 0) + 10 * random.normal();
  }
  return { id: `${kind}-${seed}`, kind, patient, values, mask, side };
}
const many = (kind: LesionPatch['kind'], from: number, inside: number) => Array.from({ length: 30 }, (_, i) => patch(kind, from + i, inside));

describe('audit of a set', () => {
  it('distances equal SciPy (ks_2samp, wasserstein_distance over the standard deviation)', () => {
    // scipy.stats.ks_2samp([1, 2, 3, 4], [2, 3, 4, 10]).statistic = 0.25; wasserstein_distance = 2.25; np.std = 1.118033988749895
    const d = compare([1, 2, 3, 4], [2, 3, 4, 10]);
    expect(d.ks).toBeCloseTo(0.25, 12);
    expect(d.wasserstein).toBeCloseTo(2.25 / 1.118033988749895, 12);
    expect(compare([1, 2, 3], [1, 2, 3])).toMatchObject({ ks: 0, wasserstein: 0 });
  });

  it('same kind of lesions: near; brighter ones: far, in mean and contrast', () => {
    const same = auditLesions([...many('real', 0, 100), ...many('generated', 100, 100)]).fidelity!;
    const brighter = auditLesions([...many('real', 0, 100), ...many('generated', 100, 160)]).fidelity!;
    expect(same.contrast.ks).toBeLessThan(0.4);
    expect(brighter.contrast.ks).toBe(1);
    expect(brighter.contrast.generated.mean - brighter.contrast.real.mean).toBeCloseTo(60, -1);
  });

  it('copies of real lesions are found, and one lesion over and over lowers diversity', () => {
    const real = many('real', 0, 100);
    const copies = real.map((p) => ({ ...p, id: `copy-${p.id}`, kind: 'generated' as const, patient: `another than ${p.patient}` }));
    const own = auditLesions([...real, ...many('generated', 100, 100)]);
    const stolen = auditLesions([...real, ...copies]);
    expect(stolen.memorisation!.generated).toBeCloseTo(1, 6);
    // A real lesion that its own patient's copies bear again is no memory of a model.
    const carried = auditLesions([...real, ...copies.map((c, i) => ({ ...c, patient: real[i]!.patient }))]).memorisation!;
    expect(carried.generated).toBeCloseTo(carried.real!, 6);
    expect(carried.closest.every(({ id, to }) => id !== `copy-${to}`)).toBe(true);
    expect(own.memorisation!.generated!).toBeLessThan(own.memorisation!.real! + 0.05);
    const collapsed = auditLesions([...real, ...Array.from({ length: 30 }, (_, i) => ({ ...patch('generated', 500, 100), id: `g${i}` }))]);
    expect(collapsed.diversity.generated).toBeCloseTo(1, 6);
    expect(own.diversity.generated!).toBeLessThan(0.8);
    expect(similarity(real[0]!, real[0]!)).toBeCloseTo(1, 12);
  });

  it('gaps between groups', () => {
    expect(subgroupGaps([{ group: 'a', value: 0.9 }, { group: 'a', value: 0.7 }, { group: 'b', value: 0.5 }, { group: 'b', value: null }])).toEqual({ groups: [{ group: 'a', items: 2, mean: 0.8 }, { group: 'b', items: 1, mean: 0.5 }], gap: expect.closeTo(0.3, 12) });
    expect(auditLesions([]).fidelity).toBeNull();
  });
});
