import { itemsOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';
import { withClassicNames } from '../read/classicNames';

/**
 * Attributes of frame `frame` (from 0) of an enhanced multi-frame image as a classic single frame has them: shared
 * and per-frame functional group items (PS3.3 C.7.6.16) are merged into the top level. A classic image comes back
 * as it is.
 */
export function classicFrame(attributes: DicomAttributes, frame: number): DicomAttributes {
  const shared = itemsOf(attributes, '52009229')[0];
  const own = itemsOf(attributes, '52009230')[frame];
  if (!shared && !own) return attributes;
  const out: Record<string, DicomElement> = { ...attributes };
  delete out['52009229'];
  delete out['52009230'];
  for (const group of [shared, own]) {
    if (!group) continue;
    for (const macro of Object.values(group)) {
      const item = macro.vr === 'SQ' ? macro.Value?.[0] : null;
      if (typeof item !== 'object' || item === null) continue;
      Object.assign(out, item);
    }
  }
  return withClassicNames(out);
}
