// The floors of the house as one table; the import rules are generated from it. A wrong import fails `npm test`.
import tseslint from 'typescript-eslint';
import reactHooks from 'eslint-plugin-react-hooks';

/** floor → what it may import. `protocol` means the typed contract src/inference/protocol.ts only. */
const FLOORS = {
  core: [],
  dicom: ['core'],
  formats: ['core'],
  augment: ['core'],
  models: ['core'],
  inference: ['core', 'models'],
  synthesis: ['core', 'models', 'protocol'],
  saliency: ['core', 'models', 'protocol'],
  dataset: ['core', 'dicom', 'formats', 'augment', 'models'],
  storage: ['core'],
  audit: ['core'],
  pipeline: ['core', 'dicom', 'formats', 'augment', 'models', 'inference', 'synthesis', 'saliency', 'dataset', 'storage', 'audit'],
  state: ['core', 'pipeline'],
  ui: ['core', 'state'],
};
const ALL = Object.keys(FLOORS);
/** Lower floors whose types (never values) `state` may name. */
const TYPE_ONLY = { state: ALL.filter((f) => !['ui', 'state'].includes(f)), ui: ['pipeline'] };
/** package → the only places that may import it. */
const HOMES = {
  'dicom-parser': ['src/dicom/'],
  'onnxruntime-web': ['src/inference/'],
  'cornerstone-core': ['src/ui/viewport/'],
};

function floorRules(floor) {
  const may = FLOORS[floor];
  const typeOnly = TYPE_ONLY[floor] ?? [];
  const patterns = [];
  for (const other of ALL) {
    if (other === floor || may.includes(other)) continue;
    if (other === 'inference' && may.includes('protocol')) {
      patterns.push({ regex: `^(\\.\\./)+inference/(?!protocol$)`, message: `${floor} may import only inference/protocol.` });
      continue;
    }
    patterns.push({
      regex: `^(\\.\\./)+${other}(/|$)`,
      message: `${floor} may not import ${other}: arrows never run back up (ARCHITECTURE.md).`,
      allowTypeImports: typeOnly.includes(other),
    });
  }
  for (const [pkg, homes] of Object.entries(HOMES)) {
    if (!homes.some((home) => home.startsWith(`src/${floor}/`))) {
      patterns.push({ regex: `^${pkg}(/|$)`, message: `${pkg} lives in ${homes.join(', ')} only.`, allowTypeImports: false });
    }
  }
  if (floor === 'core') {
    patterns.push({ regex: '^(node:|react|zustand)', message: 'core knows no DOM, no Node, no React.' });
  }
  return {
    files: [`src/${floor}/**/*.{ts,tsx}`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

/** Math functions whose last bit differs between engines; the data path uses core/math instead. */
const INEXACT = ['exp', 'expm1', 'log', 'log2', 'log10', 'log1p', 'pow', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'cbrt', 'hypot', 'random'];

export default tseslint.config(
  { ignores: ['dist', 'dist-*', 'node_modules', 'public', 'training', 'coverage', '.cache'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 400 }],
      eqeqeq: ['error', 'smart'],
    },
  },
  ...ALL.map(floorRules),
  {
    files: ['core', 'augment', 'synthesis', 'saliency', 'dataset', 'dicom', 'formats'].map((f) => `src/${f}/**/*.ts`),
    ignores: ['src/core/math.ts'],
    rules: {
      'no-restricted-properties': ['error', ...INEXACT.map((property) => ({ object: 'Math', property, message: 'Use core/math: the last bit of Math.* differs between engines.' }))],
      'no-restricted-syntax': ['error', { selector: "BinaryExpression[operator='**']", message: 'Use core/math pow, or multiply.' }],
    },
  },
  { files: ['src/ui/**/*.tsx', 'src/main.tsx'], plugins: { 'react-hooks': reactHooks }, rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' } },
  { files: ['test/**', 'bench/**', 'scripts/**'], rules: { 'max-lines': 'off' } },
);
