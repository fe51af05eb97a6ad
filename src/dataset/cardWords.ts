/** The part of a model card that text is made from. Cards are JSON that the evaluation scripts wrote. */
export interface CardLike {
  readonly title?: string;
  readonly trainingData?: readonly Readonly<Record<string, unknown>>[];
  readonly credits?: readonly string[];
  readonly figures?: readonly { readonly name: string; readonly command?: string; readonly table?: unknown; readonly value?: unknown; readonly note?: string }[];
  readonly limits?: readonly string[];
  readonly code?: string;
  readonly seed?: number | string;
}

/** "It was trained on A (licence), B (licence)…" */
export function trainingSentence(card: CardLike): string {
  const sets = (card.trainingData ?? []).map((row) => {
    const name = String(row.name ?? row.set ?? 'unnamed data');
    const counts = typeof row.counts === 'string' ? row.counts : countWords(row);
    return `${name} (${[counts, row.licence ?? row.license].filter(Boolean).join('; ')})`;
  });
  const code = card.code ? `, code ${card.code}` : '';
  const seed = card.seed !== undefined ? `, seed ${card.seed}` : '';
  return sets.length ? `It was trained on ${sets.join(', ')}${code}${seed}.` : `Its card names no training data${code}${seed}.`;
}

function countWords(row: Readonly<Record<string, unknown>>): string {
  const words: string[] = [];
  if (typeof row.trainingPersons === 'number') words.push(`${row.trainingPersons} persons`);
  if (typeof row.trainingSlices === 'number') words.push(`${row.trainingSlices} slices`);
  return words.join(', ');
}

const MAX_ROWS = 6;

/** One sentence a figure, exactly as the card has it; rows of other variants and of baselines are left out. */
export function figureSentences(card: CardLike, variant: string): string[] {
  return (card.figures ?? []).flatMap((figure): string[] => {
    if (typeof figure.value === 'number' || typeof figure.value === 'string') return [`${figure.name}: ${figure.value}.`];
    const rows = (Array.isArray(figure.table) ? figure.table : []).filter((r): r is Record<string, unknown> => typeof r === 'object' && r !== null);
    const mine = rows.filter((r) => r.method === undefined || r.method === variant || (variant === 'default' && r.method === 'ours'));
    if (mine.length === 0) return [];
    const text = mine.slice(0, MAX_ROWS).map(rowWords).join('; ');
    const more = mine.length > MAX_ROWS ? ` (${mine.length - MAX_ROWS} more rows on the card)` : '';
    return [`${figure.name}: ${text}${more}.`];
  });
}

function rowWords(row: Record<string, unknown>): string {
  const words: string[] = [];
  for (const [key, value] of Object.entries(row)) {
    if (value === null || key === 'method') continue;
    if (typeof value === 'string') words.push(value);
    else if (typeof value === 'number') words.push(`${key} ${value}`);
    else if (key === 'interval' && Array.isArray(value)) words.push(`(95 % interval ${value[0]} to ${value[1]})`);
    else if (Array.isArray(value) && typeof value[0] === 'number') {
      words.push(`${key} ${value[0]}${typeof value[1] === 'number' && typeof value[2] === 'number' ? ` (${value[1]} to ${value[2]})` : ''}`);
    }
  }
  return words.join(', ').replaceAll(', (', ' (');
}
