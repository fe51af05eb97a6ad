import type { Slice } from '../../core/slice';
import type { Box } from '../../state/bodyBox';

/** What a viewport shows. */
export interface CellContent {
  /** Key of its camera while unlinked. */
  readonly cell: string;
  readonly side: 'original' | 'generated';
  readonly seriesId: string;
  readonly derivedId: string | null;
  readonly slice: Slice;
  /** Slice whose plane all cells share. */
  readonly reference: Slice | null;
  readonly box: Box;
  readonly index: number;
  readonly count: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly synthetic: boolean;
}
