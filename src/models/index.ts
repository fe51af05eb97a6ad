export { parseEntry, type ModelEntry, type ModelFile, type ModelNormalisation, type ModelTask } from './manifest';
export { createRegistry, loadManifest, randomisedVariant, type ModelCard, type ModelRegistry, type ReadModelFile } from './registry';
export { inspectOnnx, type OnnxSummary } from './onnx';
export { imagePort, lesionPorts, normaliseAlike } from './ports';
export { trialShapes } from './trial';
