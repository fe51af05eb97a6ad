// The whole gate: types, lint (floors), dead code, unit tests, build, size budget, browser tests of the built studio.
// Prints one closing line with counts. `npm test -- --only unit` runs one stage, `--skip browser` leaves one out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureChromium } from './chromium.mjs';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, '.cache');
mkdirSync(cache, { recursive: true });
const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? (process.argv[at + 1] ?? '').split(',') : [];
};
const only = option('only');
const skip = option('skip');
const wanted = (stage) => (only.length === 0 || only.includes(stage)) && !skip.includes(stage);
const totals = { passed: 0, failed: 0, skipped: 0 };

function check(stage, command, args, env = {}) {
  if (!wanted(stage)) return true;
  console.log(`\n── ${stage} ──`);
  const started = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const ok = status === 0;
  totals[ok ? 'passed' : 'failed']++;
  console.log(`${stage}: ${ok ? 'passed' : 'FAILED'} (${Math.round((Date.now() - started) / 1000)} s)`);
  return ok;
}

function vitest(stage, env = {}) {
  if (!wanted(stage)) return;
  console.log(`\n── ${stage} tests ──`);
  const report = join(cache, `${stage}.json`);
  rmSync(report, { force: true });
  const bin = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [bin, 'run', '--project', stage, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
    cwd: root, stdio: 'inherit', env: { ...process.env, ...env },
  });
  if (!existsSync(report)) {
    totals.failed++;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  totals.passed += numPassedTests;
  totals.failed += numFailedTests;
  totals.skipped += numPendingTests;
  if (status !== 0 && numFailedTests === 0) totals.failed += Math.max(1, numFailedTestSuites);
}

const node = process.execPath;
check('types', node, ['scripts/typecheck.mjs']);
check('lint', node, ['node_modules/eslint/bin/eslint.js', '.']);
check('dead-code', node, ['node_modules/knip/bin/knip.js']);
check('samples', node, ['scripts/samples.mjs']);
vitest('unit');
const built = check('build', node, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']);
check('size', node, ['scripts/size.mjs']);
if (wanted('browser')) {
  if (!built) totals.failed++;
  else {
    try {
      vitest('browser', { CHROMIUM_PATH: ensureChromium(), VERISIM_BUILT: '1' });
    } catch (error) {
      console.error(error.message);
      totals.failed++;
    }
  }
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed ? 1 : 0);
