import type { Side } from './layers';

/** Where the pointer is: pixels of the image under it, edges not centres (pixel i covers i…i + 1). */
export interface StagePoint {
  readonly side: Exclude<Side, 'both'>;
  readonly seriesId: string;
  readonly derivedId: string | null;
  readonly sliceIndex: number;
  readonly x: number;
  readonly y: number;
  /** Size of that image, to convert into another grid of the same field of view. */
  readonly width: number;
  readonly height: number;
  /** CSS pixels per image pixel at this zoom. */
  readonly scale: number;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly pressure: number;
}

/** A tool of the stage that works on the image (brush, place, mark). Window, pan and zoom are built in. */
export interface StageTool {
  readonly id: string;
  readonly cursor: string;
  onDown?(point: StagePoint): void;
  onMove?(point: StagePoint): void;
  onUp?(point: StagePoint): void;
  onHover?(point: StagePoint | null): void;
  /** Esc, or another tool chosen. */
  onCancel?(): void;
}

const registry = new Map<string, StageTool>();

/** Makes a tool known; `chooseTool(id)` of the view store makes it the active one. */
export function registerTool(tool: StageTool): void {
  registry.set(tool.id, tool);
}

export const stageTool = (id: string): StageTool | undefined => registry.get(id);
