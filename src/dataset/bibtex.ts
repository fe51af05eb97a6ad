import type { CardLike } from './cardWords';

/** Entries for the program, each model, and each data set credited on the cards; nothing that the cards do not say. */
export function bibtexFor(version: string, models: readonly { readonly id: string; readonly sha256: string; readonly license: string; readonly card: CardLike | null }[]): string {
  const entries = [`@software{verisim,\n  title = {Verisim Studio},\n  version = {${escape(version)}},\n  note = {Research and teaching, not for diagnosis}\n}`];
  for (const model of models) {
    entries.push(`@misc{verisim-${key(model.id)}-${model.sha256.slice(0, 8)},\n  title = {${escape(model.card?.title ?? model.id)}},\n  howpublished = {Model weights ${escape(model.id)}, sha256 ${model.sha256}},\n  note = {Licence ${escape(model.license)}}\n}`);
  }
  const credits = [...new Set(models.flatMap((m) => m.card?.credits ?? []))].sort();
  const used = new Set<string>();
  for (const credit of credits) {
    const doi = /doi:\s*(10\.\S+?)[)\].,;]*(?:\s|$|:)/i.exec(`${credit} `)?.[1];
    const year = /\b(19|20)\d{2}\b/.exec(credit)?.[0];
    let name = key((/^[\p{L}-]+/u.exec(credit)?.[0] ?? 'data') + (year ?? ''));
    while (used.has(name)) name += 'x';
    used.add(name);
    entries.push(`@misc{${name},\n  note = {${escape(credit)}}${year ? `,\n  year = {${year}}` : ''}${doi ? `,\n  doi = {${doi}}` : ''}\n}`);
  }
  return entries.join('\n\n') + '\n';
}

const key = (text: string): string => text.normalize('NFKD').replace(/[^A-Za-z0-9-]/g, '').toLowerCase() || 'data';
const escape = (text: string): string => text.replace(/[\\{}]/g, '').replace(/([%&#$_])/g, '\\$1');
