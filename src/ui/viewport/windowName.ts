import type { WindowSetting } from '../../core/slice';
import { t } from '../strings/t';
import { number } from './format';

/** A window in figures: `W 400 L 40`, with its function where it is not a straight one; a table has no figures. */
export function windowFigures(window: WindowSetting): string {
  if (window.lut) return window.explanation ?? t('stage.voiLut');
  const digits = window.width < 10 ? 2 : 0;
  const figures = `W ${number(window.width, digits)} L ${number(window.center, digits)}`;
  return window.function === 'SIGMOID' ? `${figures} ${t('stage.sigmoid')}` : figures;
}

/** A window of the file as the menu offers it: by its explanation, with its figures. */
export function windowName(window: WindowSetting): string {
  if (window.lut) return windowFigures(window);
  return `${window.explanation ?? t('stage.window')} · ${windowFigures(window)}`;
}
