import { toJsonSchema } from '@valibot/to-json-schema';
import { RecipeSchema } from '../src/dataset/recipe';

/** JSON Schema (2020-12) of a recipe. Checks that JSON Schema cannot say (low ≤ high) are left to the program. */
export function recipeJsonSchema(): object {
  return { $id: 'recipe.schema.json', title: 'Verisim Studio recipe, version 1', ...toJsonSchema(RecipeSchema, { errorMode: 'ignore', target: 'draft-2020-12', typeMode: 'input' }) };
}
