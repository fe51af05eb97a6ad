import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { DicomAttributes, DicomElement } from '../../../src/core/dicomJson';
import { parseRecipe, type RecipeInput } from '../../../src/dataset/recipe';
import { BASIC_PROFILE } from '../../../src/dicom/deidentify';
import { writePart10 } from '../../../src/dicom/write';
import { buildDataset } from '../../../src/pipeline/buildDataset';
import { createNodeDecoder } from '../../../src/pipeline/decode/decoder.node';
import { readInputs } from '../../../src/pipeline/import/readInputs.node';
import { importFiles } from '../../../src/pipeline/importFiles';
import { createMemorySink } from '../../../src/storage/memorySink';
import { makeSlice, sourceAttributes } from '../../fixtures/scannerSlices';

const PLANTED = 'ZWIEBELFISCH';
const NEEDLES = [PLANTED, '1.2.999.', '19991231', '235757', '1.2.3.9256'];
/** Attributes without which the file could not be opened. */
const STRUCTURE = new Set(['00080016', '00080018', '0020000D', '0020000E', '00080005', '00280010', '00280011', '00020010']);

function planted(tag: string, name: string, action: string): DicomElement {
  if (action === 'U' || /UID/.test(name)) return { vr: 'UI', Value: [`1.2.999.${parseInt(tag, 16)}`] };
  if (/Sequence/.test(name)) return { vr: 'SQ', Value: [{ '00100010': { vr: 'PN', Value: [`${PLANTED}^IN`] }, '00081155': { vr: 'UI', Value: ['1.2.999.5'] }, '00081032': { vr: 'SQ', Value: [{ '0008103E': { vr: 'LO', Value: [PLANTED] } }] } }] };
  if (/DateTime/.test(name)) return { vr: 'DT', Value: ['19991231235757'] };
  if (/Date/.test(name)) return { vr: 'DA', Value: ['19991231'] };
  if (/Time/.test(name)) return { vr: 'TM', Value: ['235757'] };
  return { vr: 'LO', Value: [`${PLANTED} ${tag}`] };
}

/** An MR file with something planted in every attribute of the profile, in nested items, private groups, overlays and the preamble. */
function plantedFile(index: number): Uint8Array {
  const slice = makeSlice({ index });
  const all: Record<string, DicomElement> = {};
  for (const [tag, row] of BASIC_PROFILE) if (!STRUCTURE.has(tag) && !tag.startsWith('0002')) all[tag] = planted(tag, row.name, row.action);
  const source: DicomAttributes = {
    ...sourceAttributes({ index }),
    ...all,
    '00080018': { vr: 'UI', Value: [`1.2.999.77.${index}`] },
    '0020000D': { vr: 'UI', Value: ['1.2.999.78'] },
    '0020000E': { vr: 'UI', Value: ['1.2.999.79'] },
    '00100020': { vr: 'LO', Value: [`${PLANTED}-ID`] },
    '00090010': { vr: 'LO', Value: [`${PLANTED} CREATOR`] },
    '00091001': { vr: 'LO', Value: [PLANTED] },
    '60000010': { vr: 'US', Value: [48] },
    '60003000': { vr: 'OW', bytes: new TextEncoder().encode(PLANTED) },
    '7FE00010': { vr: 'OW', bytes: new Uint8Array(Uint16Array.from(slice.raster.data).buffer) },
  };
  const bytes = writePart10(source);
  bytes.set(new TextEncoder().encode(`${PLANTED} in the preamble`), 0);
  return bytes;
}

/** Everything readable in a file: gzip and ZIP unpacked. */
function readable(path: string, bytes: Uint8Array): string {
  const parts = path.endsWith('.gz') ? [gunzipSync(bytes)] : path.endsWith('.npz') ? [bytes, ...Object.values(unzipSync(bytes))] : [bytes];
  return parts.map((p) => new TextDecoder('latin1').decode(p)).join('\n');
}

describe('planted identifiers', () => {
  it.each<[string, RecipeInput['deidentify'], string[]]>([
    ['the Basic Profile', {}, NEEDLES],
    ['all options', { dates: 'move', device: false, descriptors: true, characteristics: false }, NEEDLES.filter((n) => n !== '235757')],
  ])('survive nowhere in a set of all formats: %s', async (_, deidentify, needles) => {
    const folder = mkdtempSync(join(tmpdir(), 'verisim-planted-'));
    for (const index of [0, 1]) writeFileSync(join(folder, `${PLANTED}-${index}.dcm`), plantedFile(index));
    const decoder = createNodeDecoder(1);
    try {
      const { series } = await importFiles(readInputs([folder], (p, e) => { throw new Error(`${p}: ${String(e)}`); }), { decoder });
      expect(series).toHaveLength(1);
      const attributes = (await series[0]!.loadSlice(0)).source as { attributes: DicomAttributes };
      // The reader hands them all over, so that there is something to remove.
      expect(JSON.stringify(attributes.attributes)).toContain(`${PLANTED} 00102000`);
      const recipe = parseRecipe({
        verisim: 'recipe', version: 1, name: 'planted', seed: 1, copies: 1, steps: [{ type: 'rotate' }], deidentify,
        outputs: [{ format: 'dicom' }, { format: 'nnunet' }, { format: 'png', yolo: true }, { format: 'npz' }, { format: 'bids' }],
      });
      const sink = createMemorySink();
      await buildDataset({ recipe, sources: series.map((source) => ({ source, labels: [] })), key: new Uint8Array(32).fill(1), softwareVersion: '0' }, { sink });
      expect(sink.files.size).toBeGreaterThan(30);
      for (const [path, bytes] of sink.files) {
        for (const needle of needles) {
          expect(path.includes(needle), path).toBe(false);
          expect(readable(path, bytes).includes(needle), `${needle} in ${path}`).toBe(false);
        }
      }
    } finally {
      decoder.dispose();
    }
  });
});
