export { parseEntry, parseManifest, type ModelEntry, type ModelFile, type ModelNormalisation, type ModelTask } from './manifest';
export { createRegistry, loadManifest, type ModelCard, type ModelRegistry, type ReadModelFile } from './registry';
