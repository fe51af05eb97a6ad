import type { ModelCard } from '../models';
import { postError } from './notices';
import { services } from './services';
import { say } from './strings/say';
import { setView } from './view';

export interface CardFigure {
  readonly value: string;
  readonly unit: string;
}

interface SrRow {
  readonly track?: string;
  readonly method?: string;
  readonly gain?: readonly (number | null)[];
}

/** Card of a model with the gain over bicubic as it is stated there; null where the model has no card. `tell` posts what went wrong. */
export async function cardOf(modelId: string, tell = true): Promise<{ card: ModelCard; gain: CardFigure | null } | null> {
  try {
    const { models } = await services().engine();
    const card = await models.card(modelId);
    return card ? { card, gain: gainOf(card) } : null;
  } catch (error) {
    if (tell) postError(error, modelId);
    return null;
  }
}

/** Smallest and largest gain of the faithful weights over the held-out sets, track I (bicubic), in dB. */
function gainOf(card: ModelCard): CardFigure | null {
  const rows = (card.figures ?? []).flatMap((f) => (Array.isArray(f.table) ? (f.table as SrRow[]) : []));
  const gains = rows.filter((r) => r.track === 'I' && r.method === 'faithful').map((r) => r.gain?.[0]).filter((g): g is number => typeof g === 'number');
  if (gains.length === 0) return null;
  const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
  return { value: `+${mean.toFixed(1)}`, unit: say('card.gain', { low: Math.min(...gains).toFixed(1), high: Math.max(...gains).toFixed(1) }) };
}

export const openCard = (modelId: string): void => setView({ card: modelId });
