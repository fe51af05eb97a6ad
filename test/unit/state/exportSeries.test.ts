import { unzipSync } from 'fflate';
import { expect, it, vi } from 'vitest';
import type { Augmentation } from '../../../src/core/slice';
import { exportDicomSeries } from '../../../src/state/exports';
import { addDerived, putResult } from '../../../src/state/library';
import { setDerived } from '../../../src/state/stage';
import { exportDicom, zipAsMade, type ExportedFile } from '../../../src/pipeline/exportSlice';
import { makeSlice, makeSource } from '../../fixtures/memorySeries';
import { registryOf } from '../../fixtures/models';
import { LESION_INFO } from '../../fixtures/scannerSlices';
import { onStage, provideEngine } from '../../fixtures/studioEngine';

const saved: { blob: Blob; name: string }[] = [];
vi.mock('../../../src/state/download', () => ({ download: (blob: Blob, name: string) => void saved.push({ blob, name }) }));
const filesOf = async (blob: Blob) => unzipSync(new Uint8Array(await blob.arrayBuffer()));

it('a series is exported as one ZIP of its slices, their labels and a note', async () => {
  provideEngine(registryOf([]));
  const sourceId = await onStage(makeSource([0, 1].map(() => makeSlice(new Array(64).fill(1), 8, 8))));
  const { id } = addDerived({ sourceId, kind: 'lesion-insert', name: 'Nodule', total: 2 });
  setDerived(id);
  const labels = [{ data: Uint8Array.from({ length: 64 }, (_, i) => Number(i === 9)), width: 8, height: 8, classes: [{ id: 1, name: 'nodule' }], source: 'made' }];
  for (const index of [1, 0]) {
    const slice = makeSlice(new Array(64).fill(index + 5), 8, 8, { labels });
    putResult(id, index, { id: `r${index}`, sourceId, slice: { ...slice, source: { kind: 'generated', from: slice.source, augmentation: LESION_INFO } }, info: LESION_INFO } as Augmentation);
  }
  await exportDicomSeries();
  expect(saved.map((s) => s.name)).toEqual(['synthetic-nodule.zip']);
  const files = await filesOf(saved[0]!.blob);
  expect(Object.keys(files)).toEqual(['synthetic-nodule-0001.dcm', 'synthetic-nodule-0002.dcm', 'synthetic-nodule-seg.dcm', 'README.txt']);
  expect(new TextDecoder().decode(files['README.txt'])).toContain('not for diagnosis');
});

it('files of a ZIP are made one by one, each when the one before it is written', async () => {
  const log: string[] = [];
  async function* files(): AsyncGenerator<ExportedFile> {
    for (const k of [1, 2, 3]) {
      const file = exportDicom(makeSlice(new Array(16).fill(k), 4, 4), { softwareVersion: '0', key: null, instanceNumber: k, seriesDescription: 's' });
      yield { ...file, get bytes() { log.push(`made ${k}`); return file.bytes; } };
      log.push(`written ${k}`);
    }
  }
  expect(Object.keys(await filesOf(await zipAsMade(files())))).toHaveLength(4);
  expect(log).toEqual([1, 2, 3].flatMap((k) => [`made ${k}`, `written ${k}`]));
});

it('what goes wrong with one file is thrown as it is', async () => {
  const wrong = new Error('of this slice');
  const files: AsyncIterable<ExportedFile> = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(wrong) }) };
  await expect(zipAsMade(files)).rejects.toBe(wrong);
});
