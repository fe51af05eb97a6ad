// Type checks each floor with the libraries it may know (tsconfig.*.json).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
let failed = 0;
for (const project of ['core', 'worker', 'app', 'node']) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', `tsconfig.${project}.json`, '--pretty', 'false'], { stdio: 'inherit' });
  if (status !== 0) failed++;
}
console.log(`types: ${4 - failed} projects passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
