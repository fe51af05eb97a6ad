import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureOhif } from '../../scripts/ohif.mjs';
import { openInOhif, stopOhif } from './ohif';

const samples = resolve(import.meta.dirname, '../../public/samples');
const { reason } = ensureOhif();
if (reason) console.warn(`skipped: ${reason}`);

function sample(id: string): { name: string; bytes: Uint8Array }[] {
  return readdirSync(join(samples, id)).filter((f) => f.endsWith('.dcm')).sort().map((name) => ({ name, bytes: readFileSync(join(samples, id, name)) }));
}

afterAll(stopOhif);

describe.skipIf(reason)('OHIF opens', () => {
  it('the MR sample: one series of 20 slices, painted, and nothing coloured over it', async () => {
    const view = await openInOhif(sample('mr-brain'));
    expect(await view.series()).toEqual([{ modality: 'MR', description: 'FSE PD axial', count: 20 }]);
    const { grey, coloured } = await view.painted();
    expect(grey).toBeGreaterThan(0.1);
    expect(coloured).toBeLessThan(0.001);
    expect(view.errors).toEqual([]);
    await view.close();
  });

  it('the CT sample, which is RLE compressed', async () => {
    const view = await openInOhif(sample('ct-chest'));
    expect(await view.series()).toEqual([{ modality: 'CT', description: 'Axial 5 mm', count: 1 }]);
    expect((await view.painted()).grey).toBeGreaterThan(0.1);
    expect(view.errors).toEqual([]);
    await view.close();
  });
});
