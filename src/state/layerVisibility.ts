import { layersStore, type Layer } from './layers';

/** What the switch of the stage bar turns on and off; the circle of the brush follows the pointer and is none. */
export const isOverlay = (layer: Layer): boolean => layer.kind !== 'circle';

/** All overlays on or off at once: those there are, and those that come on other slices. */
export function setLayersVisible(visible: boolean): void {
  layersStore.setState({ hidden: !visible });
}
