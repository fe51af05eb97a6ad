import { utf8ToBytes } from '@noble/hashes/utils.js';
import { StudioError, type ErrorCode } from '../../core/errors';
import type { Entries, JournalEntry } from '../../dataset/outputs/types';
import type { PlannedItem } from '../../dataset/plan';
import type { Sink } from '../../storage/contracts';
import { planMark, sameMark } from './planMark';
import type { PreparedSet } from './prepare';

/** An item that cannot be made, whatever is tried: it is not tried again. */
export interface SkippedItem {
  readonly skipped: { readonly id: string; readonly code: ErrorCode; readonly detail: string };
}

const ITEMS = '.verisim/items';
const PLAN = '.verisim/plan.json';
const path = (id: string): string => `${ITEMS}/${id}.json`;

/**
 * The journal of a set: one small file an item, written after all files of the item are whole. What has an entry is
 * done; what has none, or an empty one, is made again: a browser that dies while it writes leaves an empty file of the
 * right name. Several processes may write to one folder.
 */
export class Journal {
  constructor(private readonly sink: Sink) {}

  /** Begins the journal of a folder that has none. Throws as `check` does. */
  async open(prepared: PreparedSet): Promise<void> {
    if (!(await this.check(prepared))) await this.sink.write(PLAN, utf8ToBytes(planMark(prepared)));
  }

  /**
   * Whether the folder has a journal; changes nothing. Throws `dataset/other-set` when it is of a set of another recipe,
   * version, key, sources or classes, or (`all`) of images or labels that were changed since.
   */
  async check(prepared: PreparedSet, what: 'all' | 'plan' = 'all'): Promise<boolean> {
    const bytes = await this.sink.read(PLAN);
    if (!bytes?.length) {
      if (await this.sink.size('manifest.json')) throw new StudioError('dataset/other-set', 'it has a manifest.json, but no journal');
      return false;
    }
    const [there, mine] = [new TextDecoder().decode(bytes), planMark(prepared)];
    if (!sameMark(there, mine, what)) throw new StudioError('dataset/other-set', sameMark(there, mine, 'plan') ? 'images or labels were changed since it was begun' : '');
    return true;
  }

  /** Ids that are done (made or skipped), by the names of the journal's files. */
  async done(): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const name of await this.sink.list(ITEMS)) {
      if (name.endsWith('.json') && (await this.sink.size(`${ITEMS}/${name}`))) ids.add(name.slice(0, -5));
    }
    return ids;
  }

  async add(entry: JournalEntry | SkippedItem): Promise<void> {
    await this.sink.write(path('item' in entry ? entry.item.id : entry.skipped.id), utf8ToBytes(`${JSON.stringify(entry)}\n`));
  }

  async get(id: string): Promise<JournalEntry | SkippedItem | null> {
    const bytes = await this.sink.read(path(id));
    if (!bytes?.length) return null;
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as JournalEntry | SkippedItem;
    } catch (error) {
      throw new StudioError('storage/failed', `${path(id)} is damaged`, { cause: error });
    }
  }

  async forget(id: string): Promise<void> {
    await this.sink.remove(path(id));
  }

  /** Items of the journal whose files are gone or of another size (those of rejected items may lie in `rejected/`). */
  async damaged(items: readonly PlannedItem[]): Promise<string[]> {
    const done = await this.done();
    const found: string[] = [];
    for (const { id } of items) {
      const entry = done.has(id) ? await this.get(id) : null;
      if (!entry || 'skipped' in entry) continue;
      for (const file of entry.item.files) {
        const size = (await this.sink.size(file.path)) ?? (await this.sink.size(`rejected/${file.path}`));
        if (size !== file.bytes && !found.includes(id)) found.push(id);
      }
    }
    return found;
  }

  /** Made items in the order given, one in memory at a time; `wanted` leaves some out. */
  entries(items: readonly PlannedItem[], wanted: (id: string) => boolean = () => true): Entries {
    const get = (id: string) => this.get(id);
    return async function* () {
      for (const { id } of items) {
        if (!wanted(id)) continue;
        const entry = await get(id);
        if (entry && 'item' in entry) yield entry;
      }
    };
  }

  /** Items that were left out for good, and why. */
  async skipped(items: readonly PlannedItem[]): Promise<SkippedItem['skipped'][]> {
    const found: SkippedItem['skipped'][] = [];
    for (const { id } of items) {
      const entry = await this.get(id);
      if (entry && 'skipped' in entry) found.push(entry.skipped);
    }
    return found;
  }
}
