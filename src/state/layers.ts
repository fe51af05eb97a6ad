import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';

/** Which viewport a layer is drawn over. */
export type Side = 'original' | 'generated' | 'both';

/** Colours of the numbers of a map; the tables are in src/ui/maps. */
export type ColormapName = 'viridis' | 'cividis' | 'inferno' | 'berlin' | 'vik';

/**
 * Something drawn over the images of the stage. A layer's grid covers the same field of view as the image under it,
 * edge to edge, whatever its own width and height: a 256² mask lies right on a 512² result.
 * It shows only while its source series and slice index are on the stage (null: always).
 */
export interface LayerBase {
  readonly id: string;
  readonly side: Side;
  readonly seriesId: string | null;
  readonly sliceIndex: number | null;
  /** Only over this derived series, where it belongs to one result. */
  readonly derivedId?: string;
  readonly visible: boolean;
}

export interface MapLayer extends LayerBase {
  readonly kind: 'map';
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly colormap: ColormapName;
  /** Values at the two ends of the colormap. */
  readonly range: readonly [number, number];
  /** 0…1 of the range below which the map is clear (viridis alpha ramp); null: opaque everywhere. */
  readonly threshold: number | null;
  readonly opacity: number;
  /** False shows native pixels. */
  readonly smooth: boolean;
  /** Legend: unit, and how it was scaled ("LAM, relative to maximum"). */
  readonly unit: string;
  readonly title: string;
  /** Corner lines that say what it is; they take the place of the image's own. */
  readonly lines?: readonly string[];
}

export type OutlineStyle = 'synthetic' | 'segmenter' | 'refused' | 'region' | 'reach' | { readonly color: string };

export interface MaskLayer extends LayerBase {
  readonly kind: 'mask';
  /** Nonzero is inside. */
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly style: OutlineStyle;
  /** 0 draws the outline alone, above it the inside as well. */
  readonly fillOpacity: number;
  /** Small words beside it. */
  readonly label?: string;
}

export interface RectLayer extends LayerBase {
  readonly kind: 'rect';
  /** In pixels of a width × height grid; edges, not centres. */
  readonly x: number;
  readonly y: number;
  readonly rectWidth: number;
  readonly rectHeight: number;
  readonly width: number;
  readonly height: number;
  readonly style: OutlineStyle;
  readonly label?: string;
}

/** A circle that follows the pointer (brush) or marks a place. Same grid rule. */
export interface CircleLayer extends LayerBase {
  readonly kind: 'circle';
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly width: number;
  readonly height: number;
  readonly style: OutlineStyle;
  readonly label?: string;
}

export type Layer = MapLayer | MaskLayer | RectLayer | CircleLayer;

interface LayersState {
  /** Drawn in this order. */
  readonly layers: readonly Layer[];
  /** Overlays are switched off, whichever are there (`isOverlay`). */
  readonly hidden: boolean;
}

export const layersStore = createStore<LayersState>(() => ({ layers: [], hidden: false }));
export const useLayers = <T>(select: (state: LayersState) => T): T => useStore(layersStore, select);

/** Adds a layer, or replaces the one with the same id in its place. */
export function putLayer(layer: Layer): void {
  layersStore.setState(({ layers }) => ({
    layers: layers.some((l) => l.id === layer.id) ? layers.map((l) => (l.id === layer.id ? layer : l)) : [...layers, layer],
  }));
}

export function removeLayer(id: string): void {
  layersStore.setState(({ layers }) => (layers.some((l) => l.id === id) ? { layers: layers.filter((l) => l.id !== id) } : { layers }));
}

/** Removes all layers whose id begins so ("lesion/"). */
export function removeLayers(prefix: string): void {
  layersStore.setState(({ layers }) => ({ layers: layers.filter((l) => !l.id.startsWith(prefix)) }));
}
