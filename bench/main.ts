/** `npm run bench [-- NAME…]`: ratios against a named baseline, measured in the same run. */
const BENCHES: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  model: () => import('./model'),
  dicom: () => import('./dicom'),
  dataset: () => import('./dataset'),
  ui: () => import('./ui'),
};

const names = process.argv.slice(2).filter((a) => !a.startsWith('-'));
for (const name of names.length ? names : Object.keys(BENCHES)) {
  const bench = BENCHES[name];
  if (!bench) {
    console.error(`No bench named ${name}. There are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exit(2);
  }
  console.log(`\n── ${name} ──`);
  await (await bench()).run();
}

export {};
