import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { isAbort, throwIfAborted, toStudioError } from '../../core/errors';
import { shardItems } from '../../dataset/plan';
import type { Sink } from '../../storage/contracts';
import { Journal } from './journal';
import { makeItem } from './makeItem';
import { prepareSet, type SetInput } from './prepare';
import { damagedFiles, type FileDifference } from './setFiles';

export interface VerifyResult {
  readonly checked: number;
  /** Files whose bytes on disk, or made again, are not those of the journal or of the manifest. */
  readonly differences: readonly (FileDifference | { readonly path: string; readonly what: 'not reproduced' | 'not made' })[];
}

/**
 * Makes every item again in memory and compares hashes with the journal and with the files as they lie there; then
 * looks at the lists, segmentations and card of a whole set. Changes nothing. Rejects with `dataset/other-set`, `storage/*`, or AbortError.
 */
export async function verifyDataset(input: SetInput, options: { readonly sink: Sink; readonly shard?: { readonly index: number; readonly count: number }; readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void }): Promise<VerifyResult> {
  const prepared = prepareSet(input);
  const journal = new Journal(options.sink);
  await journal.check(prepared);
  const items = options.shard ? shardItems(prepared.plan.items, options.shard.index, options.shard.count) : prepared.plan.items;
  const differences: VerifyResult['differences'][number][] = [];
  let checked = 0;
  for (const item of items) {
    throwIfAborted(options.signal);
    const entry = await journal.get(item.id);
    if (!entry) differences.push({ path: item.id, what: 'not made' });
    else if ('item' in entry) {
      const again = await remade(() => makeItem(prepared, item, options.signal));
      for (const file of entry.item.files) {
        const bytes = (await options.sink.read(file.path)) ?? (await options.sink.read(`rejected/${file.path}`));
        if (!bytes) differences.push({ path: file.path, what: 'missing' });
        else if (bytesToHex(sha256(bytes)) !== file.sha256) differences.push({ path: file.path, what: 'changed' });
        if (again?.get(file.path) !== file.sha256) differences.push({ path: file.path, what: 'not reproduced' });
      }
    }
    checked++;
    options.onProgress?.(checked, items.length);
  }
  const done = await journal.done();
  if (prepared.plan.items.every((item) => done.has(item.id))) differences.push(...(await damagedFiles(options.sink)));
  return { checked, differences };
}

async function remade(make: () => ReturnType<typeof makeItem>): Promise<Map<string, string> | null> {
  try {
    return new Map((await make()).entry.item.files.map((f) => [f.path, f.sha256]));
  } catch (error) {
    if (isAbort(error) || toStudioError(error).code.startsWith('storage/')) throw error;
    return null;
  }
}
