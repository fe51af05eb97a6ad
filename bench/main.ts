/** `npm run bench [-- NAME…]`: ratios against a named baseline, measured in the same run. */
const BENCHES: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  model: () => import('./model'),
  dicom: () => import('./dicom'),
  dataset: () => import('./dataset'),
  ui: () => import('./ui'),
  upscaler: () => import('./upscaler'),
};
/** Installs 100 MB for its opponent: only when named. */
const ON_REQUEST = new Set(['upscaler']);

const args = process.argv.slice(2);
const first = args.findIndex((a) => a.startsWith('-'));
const names = first < 0 ? args : args.slice(0, first);
for (const name of names.length ? names : Object.keys(BENCHES).filter((n) => !ON_REQUEST.has(n))) {
  const bench = BENCHES[name];
  if (!bench) {
    console.error(`No bench named ${name}. There are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exit(2);
  }
  console.log(`\n── ${name} ──`);
  await (await bench()).run();
}

export {};
