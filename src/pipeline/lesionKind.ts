/** Short kind of a lesion model, as shown and as the name of its class. */
export function lesionKind(modelId: string): 'nodule' | 'glioma' | 'lesion' {
  if (modelId.includes('nodule')) return 'nodule';
  if (modelId.includes('glioma')) return 'glioma';
  return 'lesion';
}
