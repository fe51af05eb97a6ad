/** Recipes for the floors above: read, write, start from. */
export { parseRecipe, recipeText } from '../dataset/recipe';
export type { OutputFormat, Recipe, RecipeOutput } from '../dataset/recipe';
export { PRESETS } from '../dataset/presets';
export type { Preset } from '../dataset/presets';
export type { RecipeStep } from '../dataset/recipeSteps';
