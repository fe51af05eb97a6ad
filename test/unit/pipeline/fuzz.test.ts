import { afterAll, expect, it } from 'vitest';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node.ts';
import { importFiles } from '../../../src/pipeline/importFiles';
import { fuzzBases } from '../../fixtures/fuzzBases';
import { mutate } from '../../fixtures/mutate';

const decoder = createNodeDecoder(2);
afterAll(() => decoder.dispose());

it('400 damaged files end in a named code each: no hang, no crash, no unnamed error', async () => {
  const bases = fuzzBases();
  const files = Array.from({ length: 400 }, (_, i) => ({ path: `fuzz-${i}`, blob: new Blob([mutate(bases, 'short', i) as Uint8Array<ArrayBuffer>]) }));
  const { outcomes, series } = await importFiles(files, { decoder, stats: true });
  expect(outcomes.length).toBeGreaterThanOrEqual(400);
  const bad = outcomes.filter((o) => ['internal', 'worker/crashed', 'dicom/decode-timeout'].includes(o.code ?? ''));
  expect(bad.map((o) => `${o.path} ${o.message}`)).toEqual([]);
  for (const s of series) {
    const code = await s.loadSlice(s.series.slices.length - 1).then(() => 'shown', (e: { code?: string }) => e.code ?? 'internal');
    expect(['internal', 'worker/crashed', 'dicom/decode-timeout']).not.toContain(code);
  }
});
