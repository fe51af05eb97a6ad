import type { ItemState } from '../../state/datasetBuild';
import { w } from './words';


const MOST_CELLS = 240;
const WORST: readonly ItemState[] = ['failed', 'working', 'flawed', 'waiting', 'written'];
const LEGEND: readonly { state: ItemState; key: 'grid.written' | 'grid.flawed' | 'grid.working' | 'grid.failed' | 'grid.waiting' }[] = [
  { state: 'written', key: 'grid.written' },
  { state: 'flawed', key: 'grid.flawed' },
  { state: 'failed', key: 'grid.failed' },
  { state: 'working', key: 'grid.working' },
  { state: 'waiting', key: 'grid.waiting' },
];

/** Cells of the grid: one an item, or a block of items each where there are many; a block shows what needs a look first. */
function cellsOf(states: readonly ItemState[]): ItemState[] {
  const size = Math.max(1, Math.ceil(states.length / MOST_CELLS));
  const cells: ItemState[] = [];
  for (let i = 0; i < states.length; i += size) {
    const block = states.slice(i, i + size);
    cells.push(WORST.find((s) => block.includes(s)) ?? 'waiting');
  }
  return cells;
}

/** How far the set is, item by item, with the counts in words. */
export function ProgressGrid({ states }: { states: readonly ItemState[] }) {
  const counts = new Map<ItemState, number>();
  for (const s of states) counts.set(s, (counts.get(s) ?? 0) + 1);
  const cells = cellsOf(states);
  const rows = cells.length > 120 ? 4 : cells.length > 30 ? 2 : 1;
  const words = LEGEND.filter(({ state }) => state === 'written' || (counts.get(state) ?? 0) > 0).map(({ state, key }) => ({ state, text: w(key, { n: counts.get(state) ?? 0 }) }));
  return (
    <div className="progress-grid">
      <ul className="grid-legend">
        {words.map(({ state, text }) => (
          <li key={state} className="num">
            <i className={`cell ${state}`} aria-hidden="true" />
            {text}
          </li>
        ))}
      </ul>
      <div className="grid-cells" role="img" aria-label={`${w('grid.name')}: ${words.map((x) => x.text).join(', ')}`} style={{ gridTemplateColumns: `repeat(${Math.ceil(cells.length / rows)}, minmax(0, 1fr))` }}>
        {cells.map((state, i) => (
          <i key={i} className={`cell ${state}`} />
        ))}
      </div>
    </div>
  );
}
