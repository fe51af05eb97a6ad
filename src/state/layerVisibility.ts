import { layersStore } from './layers';

/** All overlays on or off at once, as the switch of the stage bar does. */
export function setLayersVisible(visible: boolean): void {
  layersStore.setState(({ layers }) => ({ layers: layers.map((l) => ({ ...l, visible })) }));
}
