import { redo, undo } from '../../state/history';
import { changeSettings, settingsStore } from '../../state/settings';
import { generatedOf, stageStore, stepCell } from '../../state/stage';
import { stageTool } from '../../state/tools';
import { changeCamera, chooseTool, FITTED, openTask, setLinked, setCellWindow, setView, setWindow, viewStore, type Camera, type CompareMode } from '../../state/view';
import { setDraft } from '../../state/measure';
import { cancelAllJobs } from '../../state/jobs';

const camera = (change: (c: Camera) => Camera) => () => changeCamera(viewStore.getState().focused, change);
const zoom = (factor: number) => camera((c) => ({ ...c, zoom: Math.min(40, Math.max(0.2, c.zoom * factor)) }));
/** Of the cell that was touched last, where it goes its own way. */
const step = (by: number) => () => stepCell(viewStore.getState().focused, by);
const preset = (width: number, center: number) => () => {
  const { seriesId, original } = stageStore.getState();
  if (seriesId && original?.raster.unit === 'HU') setCellWindow(viewStore.getState().focused, seriesId, { width, center });
};
const mode = (wanted: CompareMode) => () => {
  if (!generatedOf(stageStore.getState())) return;
  setView({ mode: viewStore.getState().mode === wanted ? 'side' : wanted, maximised: null, gallery: false });
};

/** The brush works in the Lesion task, which brings it. */
const paint = (tool: 'brush' | 'eraser') => () => {
  chooseTool(tool);
  openTask('lesion');
};

/** Window and camera as the file and the screen give them. */
function reset(): void {
  const { seriesId, original } = stageStore.getState();
  if (seriesId && original) setWindow(seriesId, original.window);
  setView({ camera: FITTED, cameras: {}, cellWindows: {}, invert: false, swipe: 0.5 });
}

/** Esc: the thing under way, one at a time: tool, help, notices, maximised view, job. */
function escape(): void {
  const view = viewStore.getState();
  if (view.page !== 'stage') {
    setView(view.helpOpen ? { helpOpen: false } : { noticesOpen: false });
    return;
  }
  setDraft(null);
  stageTool(view.tool)?.onCancel?.();
  if (view.drawerOpen) setView({ drawerOpen: false });
  else if (view.tool !== 'window') chooseTool('window');
  else if (view.card) setView({ card: null });
  else if (view.helpOpen) setView({ helpOpen: false });
  else if (view.noticesOpen) setView({ noticesOpen: false });
  else if (view.gallery) setView({ gallery: false });
  else if (view.maximised) setView({ maximised: null });
  else cancelAllJobs();
}

/** Everything a key or a menu of the viewer can do. */
export const ACTIONS = {
  previous: step(-1),
  next: step(1),
  back5: step(-5),
  forward5: step(5),
  first: step(-Infinity),
  last: step(Infinity),
  fit: camera((c) => ({ ...c, zoom: 1, dx: 0, dy: 0 })),
  zoomIn: zoom(1.25),
  zoomOut: zoom(0.8),
  reset,
  invert: () => setView({ invert: !viewStore.getState().invert }),
  flipH: camera((c) => ({ ...c, flipH: !c.flipH })),
  flipV: camera((c) => ({ ...c, flipV: !c.flipV })),
  rotate: camera((c) => ({ ...c, rotation: ((c.rotation + 90) % 360) as Camera['rotation'] })),
  cine: () => setView({ cine: !viewStore.getState().cine }),
  preset1: preset(400, 40),
  preset2: preset(1500, -600),
  preset3: preset(2500, 480),
  preset4: preset(80, 40),
  swipe: mode('swipe'),
  blink: mode('blink'),
  difference: mode('difference'),
  link: () => setLinked(!viewStore.getState().linked, stageStore.getState().shownIndex),
  smooth: () => changeSettings({ smooth: !settingsStore.getState().smooth }),
  window: () => chooseTool('window'),
  pan: () => chooseTool('pan'),
  zoom: () => chooseTool('zoom'),
  probe: () => chooseTool('probe'),
  length: () => chooseTool('length'),
  angle: () => chooseTool('angle'),
  roi: () => chooseTool('roi'),
  region: () => {
    openTask('explain');
    chooseTool('region');
  },
  brush: paint('brush'),
  eraser: paint('eraser'),
  undo,
  redo,
  cancel: escape,
  help: () => setView({ helpOpen: !viewStore.getState().helpOpen }),
} as const;

export type ActionId = keyof typeof ACTIONS;
