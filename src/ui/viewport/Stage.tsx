import { useEffect, useState, type ReactNode } from 'react';
import { errorText } from '../../state/strings/say';
import type { Augmentation, Slice } from '../../core/slice';
import { fieldBox } from '../../state/bodyBox';
import { ORIGINAL, placeCells, type CellChoice } from '../../state/cells';
import { useLibrary, type DerivedItem } from '../../state/library';
import { useSettings } from '../../state/settings';
import { useGenerated, useStage } from '../../state/stage';
import { indexOf, openPage, openTask, setView, useView, viewStore, type ViewState } from '../../state/view';
import { TextButton } from '../controls/Button';
import { t } from '../strings/t';
import { CellChooser } from './CellChooser';
import { DifferenceCell } from './DifferenceCell';
import { number } from './format';
import type { CellContent } from './cellContent';
import { ImageCell } from './ImageCell';
import { SwipeDivider } from './SwipeDivider';
import { useSynthetic } from './useSynthetic';

/** `256 × 256, 0.86 mm` */
export function sizeLine(slice: Slice): string {
  const size = `${slice.raster.width} × ${slice.raster.height}`;
  const [row, column] = slice.pixelSpacingMm ?? [0, 0];
  if (!slice.pixelSpacingMm) return `${size}, ${t('stage.noMm')}`;
  return `${size}, ${number(column, 2)}${Math.abs(row - column) > 0.005 ? ` × ${number(row, 2)}` : ''} mm`;
}

/** The images: one place for all compare modes and layouts. */
export function Stage() {
  const original = useStage((s) => s.original);
  const error = useStage((s) => s.error);
  const mode = useAfterPaint(useView((s) => s.mode));
  const [rows, columns] = useView((s) => s.layout);
  const chosen = useView((s) => s.cells);
  const view = useUnlinked();
  const generated = useGenerated();
  const seriesId = useStage((s) => s.seriesId);
  const derivedId = useStage((s) => s.derivedId);
  const derived = useLibrary((s) => s.derived);
  const index = useStage((s) => s.shownIndex);
  const count = useStage((s) => s.count);
  const box = useStage((s) => s.box);
  const synthetic = useSynthetic(seriesId, index);

  if (error) return <StageMessage happened={errorText(error.code).happened} todo={`${errorText(error.code).todo}${error.detail ? ` (${error.detail})` : ''}`} />;
  if (!seriesId) return <NoSeries />;
  if (!original) return <div className="stage-cells" aria-busy="true" />;

  const common = { seriesId, reference: original, box: box ?? fieldBox(original), index, count };
  const left: CellContent = { ...common, cell: 'original', side: 'original', derivedId, slice: original, title: t('stage.original'), lines: [sizeLine(original)], synthetic };
  const results = derived.filter((d) => d.sourceId === seriesId);
  const several = results.filter((d) => !d.transient).length > 1;
  const made = (item: DerivedItem | undefined, result: Augmentation, at = index): CellContent => ({
    ...common,
    index: at,
    cell: `derived:${item?.id ?? ''}`,
    side: 'generated',
    derivedId: item?.id ?? null,
    slice: result.slice,
    title: t('stage.generated'),
    lines: [sizeLine(result.slice), ...(item ? [item.name, ...(several || item.kept ? howLines(result) : [])] : [])],
    synthetic: true,
  });
  const current = derived.find((d) => d.id === derivedId);
  const right = own(view, current, index, generated, made);
  const contents = new Map<string, CellContent | null>([[ORIGINAL, left]]);
  for (const item of results) contents.set(item.id, item === current ? right : own(view, item, index, item.results.get(index) ?? null, made));
  const ids = placeCells({
    chosen, cells: rows * columns, current: current?.id ?? null,
    results: results.map((r) => ({ id: r.id, kept: r.kept ?? false, here: contents.get(r.id) != null })),
  });
  // The two of swipe, blink and difference: what the first cell was told to show, and the current result.
  const first = ids.find((id) => id !== null && id !== current?.id && contents.get(id));
  const against = (first && contents.get(first)) || left;
  if (right && mode === 'swipe') return <Swipe left={against} right={right} />;
  if (right && mode === 'blink') return <Blink left={against} right={right} />;
  if (right && mode === 'difference') return <DifferenceCell original={against} generated={right} />;
  return <SideBySide contents={contents} ids={ids} right={right} current={current} results={results} several={several} />;
}

/** `value`, one frame late: what was pressed shows that at once, and the images follow. */
function useAfterPaint<T>(value: T): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    let timer = 0;
    const frame = requestAnimationFrame(() => (timer = window.setTimeout(() => setShown(() => value))));
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [value]);
  return shown;
}

/** `sr-mr-x2, data-consistent`: what the name of a result leaves out. */
function howLines({ info }: Augmentation): string[] {
  if (!info.model) return [];
  const { consistent } = info.parameters;
  return [typeof consistent === 'boolean' ? t(consistent ? 'cell.consistent' : 'cell.free', { model: info.model.id }) : info.model.id];
}

type Make = (item: DerivedItem | undefined, result: Augmentation, at?: number) => CellContent;

/** A generated cell at its own slice while the views are unlinked, at that of the stage else; null where it has neither. */
function own(view: ViewState, item: DerivedItem | undefined, index: number, here: Augmentation | null, make: Make): CellContent | null {
  const at = item ? indexOf(view, `derived:${item.id}`, index) : index;
  const result = at === index ? null : item?.results.get(at);
  return result ? make(item, result, at) : here && make(item, here);
}

/** The view, followed only in what lets a cell go its own way. */
function useUnlinked(): ViewState {
  useView((s) => s.linked);
  useView((s) => s.cellIndices);
  useView((s) => s.unlinkedAt);
  return viewStore.getState();
}

/** Nothing is open: the library is the place to go on, the start page where it is empty. */
function NoSeries() {
  const empty = useLibrary((s) => s.items.length === 0);
  return (
    <div className="stage-cells">
      <div className="cell-message">
        <p>{t(empty ? 'stage.choose.empty' : 'stage.choose')}</p>
        {empty && <TextButton onClick={() => openPage('start')}>{t('menu.start')}</TextButton>}
      </div>
    </div>
  );
}

function StageMessage({ happened, todo }: { happened: string; todo: string }) {
  return (
    <div className="stage-cells">
      <div className="cell-message" role="alert">
        <p>
          {happened} {todo}
        </p>
      </div>
    </div>
  );
}

interface SideProps {
  /** What the original and each result show, by id. */
  contents: ReadonlyMap<string, CellContent | null>;
  /** What stands in each cell. */
  ids: readonly CellChoice[];
  right: CellContent | null;
  /** The result that `right` comes from. */
  current: DerivedItem | undefined;
  results: readonly DerivedItem[];
  several: boolean;
}

function SideBySide({ contents, ids, right, current, results, several }: SideProps) {
  const [rows, columns] = useView((s) => s.layout);
  const maximised = useView((s) => s.maximised);
  const cells = ids.map((id, cell) => ({ id, cell, content: id === null ? null : contents.get(id) ?? null }));
  const alone = maximised === 'generated' ? right && (cells.find((c) => c.content === right) ?? { id: current?.id ?? null, cell: 1, content: right }) : (cells.find((c) => c.content && c.content.cell === maximised) ?? null);
  const shown = alone ? [alone] : cells;
  const grid = alone ? [1, 1] : [rows, columns];
  const nameOf = (id: string | null): string => (id === ORIGINAL ? t('stage.original') : results.find((r) => r.id === id)?.name ?? t('cell.nothing'));
  const told = cells.filter((c) => c.content?.side === 'generated').length > 1;
  return (
    <div className="stage-cells" style={{ gridTemplateRows: `repeat(${grid[0]}, minmax(0, 1fr))`, gridTemplateColumns: `repeat(${grid[1]}, minmax(0, 1fr))` }}>
      {shown.map(({ id, cell, content }) => {
        const chooser = several ? <CellChooser cell={cell} shown={id} name={nameOf(id)} title={content?.title ?? ''} /> : undefined;
        if (content) return <ImageCell key={id === ORIGINAL ? id : cell} {...content} named={told || current?.kept} current={told && !alone && id === current?.id} chooser={chooser} />;
        const free = id === null && current?.kept && cell === ids.indexOf(null);
        const text = free ? t('stage.empty.next') : id !== null && id !== current?.id ? t('stage.empty.other', { name: nameOf(id) }) : null;
        return <EmptyCell key={cell} text={text} first={!free && (cell === 1 || id === current?.id)} chooser={chooser} />;
      })}
    </div>
  );
}

/** The room of the result is there before it comes. `text`: instead of what the first one says. */
function EmptyCell({ first, text, chooser }: { first: boolean; text: string | null; chooser?: ReactNode }) {
  const task = useView((s) => s.task);
  return (
    <div className="image-cell empty">
      {(first || text) && (
        <div className="cell-message">
          <p>{text ?? t('stage.empty.generated')}</p>
          {first && !text && task !== 'enhance' && task !== 'lesion' && <TextButton onClick={() => openTask('enhance')}>{t('stage.empty.enhance')}</TextButton>}
        </div>
      )}
      {chooser}
    </div>
  );
}

function Swipe({ left, right }: { left: CellContent; right: CellContent }) {
  const at = useView((s) => s.swipe);
  return (
    <div className="stage-cells stacked">
      <ImageCell {...left} half="left" border={false} />
      <div className="swipe-top" style={{ clipPath: `inset(0 0 0 ${at * 100}%)` }}>
        <ImageCell {...right} cell={left.cell} half="right" alignRight border={false} />
      </div>
      <span className="swipe-border" style={{ left: `${at * 100}%` }} />
      <SwipeDivider at={at} onChange={(swipe) => setView({ swipe })} />
    </div>
  );
}

/** Both are painted; one is hidden in turn. A setting, not an animation. */
function Blink({ left, right }: { left: CellContent; right: CellContent }) {
  const every = useSettings((s) => s.blinkMs);
  const [second, setSecond] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setSecond((s) => !s), every);
    return () => clearInterval(timer);
  }, [every]);
  return (
    <div className="stage-cells stacked">
      <ImageCell {...left} />
      <div className="swipe-top" style={{ visibility: second ? 'visible' : 'hidden' }}>
        <ImageCell {...right} cell={left.cell} />
      </div>
    </div>
  );
}
