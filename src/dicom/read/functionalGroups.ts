import type { DataSet } from 'dicom-parser';
import type { DicomAttributes, DicomElement } from '../../core/dicomJson';
import { withClassicNames } from './classicNames';
import { itemsOfElement, toAttributes } from './values';

/**
 * Looks attributes up as multi-frame objects scatter them (PS3.3 C.7.6.16): in the frame's functional groups, in the
 * shared ones, else at the top. One level of group sequences is searched.
 */
export interface FrameLookup {
  /** The innermost data set that holds `tag` for this frame, or undefined. */
  holder(frame: number, tag: string): DataSet | undefined;
  /** Items in the Per-frame Functional Groups Sequence; 0 where there is none. */
  readonly items: number;
}

const PER_FRAME = 'x52009230';
const SHARED = 'x52009229';

function inGroups(group: DataSet | undefined, tag: string): DataSet | undefined {
  if (!group) return undefined;
  for (const element of Object.values(group.elements)) {
    const inner = element.items?.[0]?.dataSet;
    if (inner?.elements[tag]) return inner;
  }
  return undefined;
}

export function frameLookup(ds: DataSet): FrameLookup {
  const shared = itemsOfElement(ds, SHARED)[0];
  const frames = itemsOfElement(ds, PER_FRAME);
  if (!shared && frames.length === 0) return { holder: (_, tag) => (ds.elements[tag] ? ds : undefined), items: 0 };
  return {
    holder: (frame, tag) => inGroups(frames[frame], tag) ?? inGroups(shared, tag) ?? (ds.elements[tag] ? ds : undefined),
    items: frames.length,
  };
}

/**
 * Attributes of one frame as if it were a single-frame image: the functional groups' contents lifted to the top (the
 * frame's own before the shared ones) with their classic names beside, the group sequences themselves left out. Pixel data
 * are left out.
 */
export function frameAttributes(ds: DataSet, frame: number, signed: boolean): DicomAttributes {
  const top = toAttributes(ds, [], signed, new Set([PER_FRAME, SHARED]));
  const shared = itemsOfElement(ds, SHARED)[0];
  const own = itemsOfElement(ds, PER_FRAME)[frame];
  if (!shared && !own) return top;
  const out: Record<string, DicomElement> = { ...top };
  const charset = (top['00080005']?.Value ?? []).map(String);
  for (const group of [shared, own]) {
    if (!group) continue;
    for (const element of Object.values(group.elements)) {
      const inner = element.items?.[0]?.dataSet;
      if (inner) Object.assign(out, toAttributes(inner, charset, signed));
    }
  }
  return withClassicNames(out);
}
