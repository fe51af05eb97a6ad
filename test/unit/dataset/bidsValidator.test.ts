import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/dataset/manifest';
import { parseRecipe } from '../../../src/dataset/recipe';
import { buildDataset } from '../../../src/pipeline/buildDataset';
import { createNodeSink } from '../../../src/storage/nodeSink.node';
import { makeDatasetSource } from '../../fixtures/datasetSources';
import { pythonWith, skipWithoutPython } from '../../fixtures/validators';

interface Issue {
  readonly code: string;
  readonly subCode?: string;
  readonly severity: 'error' | 'warning' | 'ignore';
  readonly location?: string;
}

/** What the validator of the BIDS project (PyPI: bids-validator-deno) says of a folder. */
function validate(folder: string): Issue[] {
  const program = join(dirname(pythonWith('bids_validator_deno')!), 'bids-validator-deno');
  const { stdout, stderr } = spawnSync(program, [folder, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  try {
    return (JSON.parse(stdout) as { issues: { issues: Issue[] } }).issues.issues;
  } catch (error) {
    throw new Error(`bids-validator: ${stderr}`, { cause: error });
  }
}
const brief = (issues: readonly Issue[]): string[] => [...new Set(issues.map((i) => [i.severity, i.code, i.subCode].filter(Boolean).join(' ')))].sort();

describe.skipIf(skipWithoutPython('bids_validator_deno'))('the BIDS derivatives of a set, by the validator of the BIDS project', () => {
  it.each(['MR', 'CT'] as const)('a %s set has no error, and warns of nothing that a set could say: no authors are made up, participants.tsv has no description', async (modality) => {
    const path = mkdtempSync(join(tmpdir(), 'verisim-bids-'));
    const recipe = parseRecipe({ verisim: 'recipe', version: 1, name: 'bids', seed: 6, copies: 1, split: { folds: 2, test: 0.3 }, steps: [{ type: 'flip' }], outputs: [{ format: 'bids' }] });
    const sources = ['A', 'B', 'C'].map((p) => makeDatasetSource(`${modality}${p}`, 2, modality));
    await buildDataset({ recipe, sources, key: new Uint8Array(32).fill(3), softwareVersion: '0.1.0' }, { sink: createNodeSink(path) });
    const folder = join(path, 'bids');
    expect(brief(validate(folder))).toEqual(['warning SIDECAR_KEY_RECOMMENDED Description', 'warning TOO_FEW_AUTHORS']);

    // The validator does look: a wrong suffix and a missing required field are errors.
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
    const label = join(path, manifest.items[0]!.files.find((f) => f.role === 'label')!.path);
    renameSync(label, label.replace('_dseg.', '_labels.'));
    writeFileSync(join(folder, 'dataset_description.json'), JSON.stringify({ Name: 'x' }));
    const broken = brief(validate(folder).filter((i) => i.severity === 'error'));
    expect(broken).toContain('error NOT_INCLUDED');
    expect(broken.some((b) => b.includes('BIDSVersion'))).toBe(true);
  });
});
