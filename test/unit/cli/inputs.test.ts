import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { run as enhance } from '../../../src/cli/enhance';
import { openInputs } from '../../../src/cli/inputs';
import { makeFolder, saveFile } from '../../../src/cli/outFolder';

const dir = mkdtempSync(join(tmpdir(), 'verisim-inputs-'));
afterAll(() => rmSync(dir, { recursive: true }));
const at = (name: string): string => join(dir, name);
mkdirSync(at('study/set/dicom'), { recursive: true });
for (const name of ['study/a.dcm', 'study/set/manifest.json', 'study/set/dicom/b.dcm']) writeFileSync(at(name), 'x');
symlinkSync(at('study'), at('link'));

async function pathsOf(inputs: readonly string[], out?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of openInputs(inputs, out).files) found.push(file.path.slice(dir.length + 1));
  return found;
}

it('the output folder among the inputs is passed over, by whatever way they were named', async () => {
  for (const [input, out] of [['study', 'study/set'], ['study', 'link/set'], ['link', 'study/set'], ['study', 'study/x/../set/']] as const) {
    expect(await pathsOf([at(input)], at(out))).toEqual([`${input}/a.dcm`]);
  }
  expect(await pathsOf([at('study')], at('elsewhere'))).toHaveLength(3);
  expect(await pathsOf([at('study/set/dicom')], at('study/set'))).toHaveLength(1);
});

it('a folder cannot be input and output', () => {
  expect(() => openInputs([at('link')], at('study'))).toThrow(/name another/);
});

it('what cannot be opened is told with its sentence and counted', async () => {
  const told: string[] = [];
  const inputs = openInputs([at('nowhere')], undefined, (text) => told.push(text));
  expect(await inputs.files.next()).toMatchObject({ done: true });
  expect([inputs.unreadable(), told.length]).toEqual([1, 1]);
  expect(told[0]).toMatch(/^.*nowhere: The file could not be read\./);
});

it('an output folder that cannot be made or written is no unforeseen error', async () => {
  await expect(enhance([at('study'), '--model', 'sr-mr-x2', '--out', at('study/a.dcm')])).rejects.toMatchObject({ code: 'storage/failed' });
  expect(() => makeFolder(at('study/a.dcm/deeper'))).toThrow(expect.objectContaining({ code: 'storage/failed' }));
  expect(() => saveFile(at('nowhere'), 'a.dcm', 'x')).toThrow(expect.objectContaining({ code: 'storage/failed' }));
});
