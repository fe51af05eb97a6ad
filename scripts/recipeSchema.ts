// Writes docs/recipe.schema.json from the schema in src/dataset/recipe.ts: npx tsx scripts/recipeSchema.ts
import { writeFileSync } from 'node:fs';
import { recipeJsonSchema } from './recipeJsonSchema';

writeFileSync(new URL('../docs/recipe.schema.json', import.meta.url), `${JSON.stringify(recipeJsonSchema(), null, 1)}\n`);
console.log('wrote docs/recipe.schema.json');
