import type { EnhanceSettings } from '../pipeline/enhance';
import { choiceOption, numberOption } from './engine';

/** Options by which `enhance` and `explain` name how a result is made. */
export const ENHANCE_OPTIONS = { perceptual: 'value', consistent: 'flag', average: 'flag', operator: 'value' } as const;

/** What ENHANCE_OPTIONS say. Throws `cli/usage` for a value out of range. */
export function enhanceSettings(options: ReadonlyMap<string, string>): EnhanceSettings {
  return {
    perceptual: numberOption(options, 'perceptual', 0, 0, 1),
    consistent: options.has('consistent'),
    averaged: options.has('average'),
    operator: choiceOption(options, 'operator', 'auto', ['auto', 'bicubic', 'kspace']),
  };
}
