import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { StudioError } from '../core/errors';
import type { ModelEntry } from '../models';

/** One measured table of a model card, with the command that gives it again. */
export interface CardFigure {
  readonly name: string;
  readonly command: string;
  readonly note: string;
  readonly table: unknown;
}

/** Puts figures on a model's card in place of older ones of the same name; sorted by name, as the laboratory does. Throws `model/not-found`. */
export function writeCardFigure(model: ModelEntry, figure: CardFigure): void {
  const path = model.card && resolve(import.meta.dirname, '../../public/models', model.card);
  if (!path || !existsSync(path)) throw new StudioError('model/not-found', `${model.id} has no card`);
  const card = JSON.parse(readFileSync(path, 'utf8')) as { figures?: { name: string }[] };
  card.figures = [...(card.figures ?? []).filter((f) => f.name !== figure.name), figure].sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(`${path}.tmp`, `${JSON.stringify(card, null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}
