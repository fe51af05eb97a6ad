import type { DicomAttributes, DicomElement } from '../../core/dicomJson';

/** Enhanced attribute → the attribute of the classic IOD that says the same. */
const CLASSIC: Record<string, readonly [tag: string, vr: 'DS' | 'IS']> = {
  '00189082': ['00180081', 'DS'], // Effective Echo Time → Echo Time
  '00189079': ['00180082', 'DS'], // Inversion Times → Inversion Time
  '00189328': ['00181150', 'IS'], // Exposure Time in ms → Exposure Time
  '00189330': ['00181151', 'IS'], // X-Ray Tube Current in mA → X-Ray Tube Current
  '00189332': ['00181152', 'IS'], // Exposure in mAs → Exposure
};

/** An item of a functional group with the names of the classic IODs (PS3.3 C.8.3, C.8.2) beside those of the enhanced ones. */
export function withClassicNames(item: DicomAttributes): DicomAttributes {
  const out: Record<string, DicomElement> = { ...item };
  for (const [tag, [classic, vr]] of Object.entries(CLASSIC)) {
    const values = item[tag]?.Value?.map(Number);
    if (values?.every(Number.isFinite)) out[classic] = { vr, Value: vr === 'IS' ? values.map(Math.round) : values };
  }
  // In-plane Phase Encoding Direction: COLUMN is COL there, and OTHER is not known.
  const direction = item['00181312']?.Value?.[0];
  if (direction === 'COLUMN') out['00181312'] = { vr: 'CS', Value: ['COL'] };
  else if (direction === 'OTHER') out['00181312'] = { vr: 'CS' };
  return out;
}
