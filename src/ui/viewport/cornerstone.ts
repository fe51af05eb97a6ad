import type { DisplayImage } from './displayImage';
import type { PixelTable } from './voiTable';

/** The part of cornerstone-core that the studio uses. It ships no types of its own. */
interface Cornerstone {
  enable(element: HTMLElement): void;
  disable(element: HTMLElement): void;
  displayImage(element: HTMLElement, image: DisplayImage, viewport?: CornerstoneViewport): void;
  setViewport(element: HTMLElement, viewport: CornerstoneViewport): void;
  getDefaultViewportForImage(element: HTMLElement, image: DisplayImage): CornerstoneViewport;
  getEnabledElement(element: HTMLElement): { canvas: HTMLCanvasElement; image?: DisplayImage };
  resize(element: HTMLElement, fit: boolean): void;
  updateImage(element: HTMLElement, invalidated?: boolean): void;
}

export interface CornerstoneViewport {
  scale: number;
  translation: { x: number; y: number };
  voi: { readonly windowWidth: number; readonly windowCenter: number };
  /** In place of slope and intercept. */
  modalityLUT: PixelTable | undefined;
  invert: boolean;
  pixelReplication: boolean;
  rotation: number;
  hflip: boolean;
  vflip: boolean;
}

let loading: Promise<Cornerstone> | null = null;

/** cornerstone-core, loaded when the first image is drawn. */
export function loadCornerstone(): Promise<Cornerstone> {
  loading ??= import('cornerstone-core').then((module: { default?: Cornerstone } & Cornerstone) => module.default ?? module);
  return loading;
}

export type { Cornerstone };
