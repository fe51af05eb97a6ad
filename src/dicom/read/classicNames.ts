import { stringOf, type DicomAttributes, type DicomElement } from '../../core/dicomJson';

/** Enhanced attribute → the attribute of the classic IOD that says the same. */
const CLASSIC: Record<string, readonly [tag: string, vr: 'DS' | 'IS']> = {
  '00189082': ['00180081', 'DS'], // Effective Echo Time → Echo Time
  '00189079': ['00180082', 'DS'], // Inversion Times → Inversion Time
  '00189328': ['00181150', 'IS'], // Exposure Time in ms → Exposure Time
  '00189330': ['00181151', 'IS'], // X-Ray Tube Current in mA → X-Ray Tube Current
  '00189332': ['00181152', 'IS'], // Exposure in mAs → Exposure
};

/** A frame's attributes with the names of the classic IODs (PS3.3 C.8.3, C.8.2) beside those of the enhanced ones. */
export function withClassicNames(frame: DicomAttributes): DicomAttributes {
  const out: Record<string, DicomElement> = { ...frame };
  for (const [tag, [classic, vr]] of Object.entries(CLASSIC)) {
    const values = frame[tag]?.Value?.map(Number);
    if (values?.every(Number.isFinite)) out[classic] = { vr, Value: vr === 'IS' ? values.map(Math.round) : values };
  }
  // In-plane Phase Encoding Direction: COLUMN is COL there, and OTHER is not known.
  const direction = frame['00181312']?.Value?.[0];
  if (direction === 'COLUMN') out['00181312'] = { vr: 'CS', Value: ['COL'] };
  else if (direction === 'OTHER') out['00181312'] = { vr: 'CS' };
  const sequence = scanningSequence(frame);
  if (sequence.length && !frame['00180020']) out['00180020'] = { vr: 'CS', Value: sequence };
  return out;
}

/** Scanning Sequence of the MR Pulse Sequence Module (C.8.13.4); without IR a classic image may have no Inversion Time. */
function scanningSequence(frame: DicomAttributes): string[] {
  const pulses = stringOf(frame, '00189008');
  return [
    ...(pulses === 'SPIN' || pulses === 'BOTH' ? ['SE'] : []),
    ...(stringOf(frame, '00189009') === 'YES' || frame['00189079']?.Value?.length ? ['IR'] : []),
    ...(pulses === 'GRADIENT' || pulses === 'BOTH' ? ['GR'] : []),
    ...(stringOf(frame, '00189018') === 'YES' ? ['EP'] : []),
  ];
}
