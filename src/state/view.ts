import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { WindowSetting } from '../core/slice';
import { stageTool } from './tools';

export type Page = 'start' | 'import' | 'stage' | 'review' | 'reading' | 'teach';
export type TaskId = 'enhance' | 'lesion' | 'explain' | 'dataset';
export type CompareMode = 'side' | 'swipe' | 'blink' | 'difference';
/** Built-in tools; others are registered (state/tools) under their own id. */
export type BuiltInTool = 'window' | 'pan' | 'zoom' | 'probe' | 'length' | 'angle' | 'roi' | 'region';

/** Looking at the plane: everything relative to the fitted view, so that a resize changes nothing else. */
export interface Camera {
  /** 1 is fitted. */
  readonly zoom: number;
  /** Centre of the view relative to the fitted centre, mm (pixels where no spacing is known). */
  readonly dx: number;
  readonly dy: number;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flipH: boolean;
  readonly flipV: boolean;
}

export const FITTED: Camera = { zoom: 1, dx: 0, dy: 0, rotation: 0, flipH: false, flipV: false };

export interface ViewState {
  readonly page: Page;
  readonly task: TaskId;
  readonly mode: CompareMode;
  /** [rows, columns] of the side-by-side layout. */
  readonly layout: readonly [number, number];
  /** What each cell of the layout was told to show: `original`, the id of a derived series; null: what fits (state/cells). */
  readonly cells: readonly (string | null)[];
  readonly linked: boolean;
  readonly camera: Camera;
  /** Own cameras of single cells while unlinked, by cell key. */
  readonly cameras: Readonly<Record<string, Camera>>;
  /** Window per source series; absent means the one the file gives. */
  readonly windows: Readonly<Record<string, WindowSetting>>;
  /** Own windows of single cells while unlinked, by cell key. */
  readonly cellWindows: Readonly<Record<string, WindowSetting>>;
  /** Slices of generated cells while unlinked, by cell key; the original goes on with the stage's. */
  readonly cellIndices: Readonly<Record<string, number>>;
  /** Slice at which the views were unlinked: generated cells stay there until they are turned. */
  readonly unlinkedAt: number | null;
  readonly invert: boolean;
  readonly tool: string;
  /** Divider of the swipe, 0…1 of the width. */
  readonly swipe: number;
  readonly cine: boolean;
  /** Where the synthetic mark stands: share (0…1) of the free room of a cell; null is its corner. */
  readonly markPlace: { readonly x: number; readonly y: number } | null;
  /** Cell shown alone after a double-click. */
  readonly maximised: string | null;
  /** Cell that keys and the locator refer to. */
  readonly focused: string;
  readonly libraryOpen: boolean;
  /** The library as the phone's drawer. */
  readonly drawerOpen: boolean;
  readonly panelOpen: boolean;
  /** Height of the phone's sheet. */
  readonly sheet: 'peek' | 'half' | 'full';
  readonly helpOpen: boolean;
  readonly noticesOpen: boolean;
  /** Degrade and recover in place of the comparison. */
  readonly gallery: boolean;
  /** Model whose card is open over the stage. */
  readonly card: string | null;
  /** Corner text on or off (projector, reading). */
  readonly cornerText: boolean;
}

const INITIAL: ViewState = {
  page: 'start',
  task: 'enhance',
  mode: 'side',
  layout: [1, 2],
  cells: [],
  linked: true,
  camera: FITTED,
  cameras: {},
  windows: {},
  cellWindows: {},
  cellIndices: {},
  unlinkedAt: null,
  invert: false,
  tool: 'window',
  swipe: 0.5,
  cine: false,
  markPlace: null,
  maximised: null,
  focused: 'original',
  libraryOpen: (globalThis.innerWidth ?? 1440) >= 1180,
  drawerOpen: false,
  panelOpen: true,
  sheet: 'half',
  helpOpen: false,
  noticesOpen: false,
  gallery: false,
  card: null,
  cornerText: true,
};

export const viewStore = createStore<ViewState>(() => INITIAL);
export const useView = <T>(select: (state: ViewState) => T): T => useStore(viewStore, select);

export const setView = (changes: Partial<ViewState>): void => viewStore.setState(changes);
export const openPage = (page: Page): void => viewStore.setState({ page });
export const openTask = (task: TaskId): void => viewStore.setState({ task, panelOpen: true });

export function chooseTool(tool: string): void {
  const before = viewStore.getState().tool;
  if (before !== tool) stageTool(before)?.onCancel?.();
  viewStore.setState({ tool });
}

/** The camera of a cell: the shared one while linked. */
export function cameraOf(state: ViewState, cell: string): Camera {
  return state.linked ? state.camera : (state.cameras[cell] ?? state.camera);
}

export function changeCamera(cell: string, change: (camera: Camera) => Camera): void {
  viewStore.setState((s) =>
    s.linked ? { camera: change(s.camera) } : { cameras: { ...s.cameras, [cell]: change(s.cameras[cell] ?? s.camera) } },
  );
}

/** Nothing of a single cell: all show the stage's slice, camera and window. */
export const TOGETHER: Pick<ViewState, 'cameras' | 'cellWindows' | 'cellIndices' | 'unlinkedAt'> = { cameras: {}, cellWindows: {}, cellIndices: {}, unlinkedAt: null };

/** Linking again takes the camera of the focused cell for all; slice and window are those of the original. `index`: slice shown. */
export function setLinked(linked: boolean, index: number): void {
  viewStore.setState((s) => (linked ? { linked, camera: s.cameras[s.focused] ?? s.camera, ...TOGETHER } : { linked, unlinkedAt: index }));
}

/** The window of a cell: its own while unlinked, that of its series, the one its slice brings. */
export function windowOf(state: ViewState, cell: string, seriesId: string, given: WindowSetting): WindowSetting {
  return (state.linked ? undefined : state.cellWindows[cell]) ?? state.windows[seriesId] ?? given;
}

/** Changes the window of a cell; while linked, of its series. */
export function setCellWindow(cell: string, seriesId: string, window: WindowSetting): void {
  if (viewStore.getState().linked) setWindow(seriesId, window);
  else viewStore.setState((s) => ({ cellWindows: { ...s.cellWindows, [cell]: window } }));
}

/** The slice of a generated cell: its own while unlinked, that of the stage else. */
export const indexOf = (state: ViewState, cell: string, stageIndex: number): number =>
  state.linked || state.mode !== 'side' ? stageIndex : (state.cellIndices[cell] ?? state.unlinkedAt ?? stageIndex);

export function setWindow(seriesId: string, window: WindowSetting | null): void {
  viewStore.setState((s) => {
    const windows = { ...s.windows };
    if (window) windows[seriesId] = window;
    else delete windows[seriesId];
    return { windows };
  });
}

export function resetView(): void {
  viewStore.setState(INITIAL, true);
}
