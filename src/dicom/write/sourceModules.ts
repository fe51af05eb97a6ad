import type { DicomAttributes, DicomElement } from '../../core/dicomJson';
import { isValidText } from './validValue';

/**
 * What a derived image takes over from its source: the attributes of the MR and CT Image IODs (PS3.3 A.3, A.4) that
 * stay true of a derived single frame. Everything else (private groups, overlays, LUTs, functional groups, references
 * to reports) stays behind. Form: `tag VR`, with `2` where the attribute must be present even if empty.
 */
const COMMON = table(`
00080020 DA 2|00080021 DA|00080022 DA|00080023 DA|0008002A DT|00080030 TM 2|00080031 TM|00080032 TM|00080033 TM
00080050 SH 2|00080070 LO 2|00080080 LO|00080090 PN 2|00081010 SH|00081030 LO|00081090 LO
00100010 PN 2|00100020 LO 2|00100021 LO|00100030 DA 2|00100040 CS 2|00101010 AS|00101020 DS|00101030 DS|00102160 SH
00120062 CS|00120063 LO|00120064 SQ
00180015 CS|00181000 LO|00181020 LO|00181030 LO|00185100 CS 2
00180010 LO|00181040 LO|00181041 DS|00181042 TM|00181043 TM|00181044 DS|00181048 CS|00181049 DS
00200010 SH 2|00200011 IS 2|00200012 IS|00200013 IS 2|00200060 CS|00201040 LO 2|00201041 DS
00180050 DS 2|00180088 DS|00280302 CS|00280303 CS|00282110 CS|00282112 DS|00282114 CS`);
const MR = table(`
00180020 CS|00180021 CS|00180022 CS 2|00180023 CS 2|00180024 SH|00180025 CS|00180080 DS 2|00180081 DS 2|00180082 DS
00180083 DS|00180084 DS|00180085 SH|00180086 IS|00180087 DS|00180089 IS|00180091 IS 2|00180093 DS|00180094 DS|00180095 DS
00181060 DS|00181062 IS|00181088 IS|00181090 IS|00181094 IS|00181100 DS|00181250 SH|00181251 SH|00181310 US|00181312 CS
00181314 DS|00181315 CS|00181316 DS|00181318 DS|00189087 FD|00200100 IS|00200105 IS`);
const CT = table(`
00180022 CS|00180060 DS 2|00180090 DS|00181100 DS|00181110 DS|00181111 DS|00181120 DS|00181130 DS|00181140 CS|00181150 IS
00181151 IS|00181152 IS|00181153 IS|00181160 SH|00181170 IS|00181190 DS|00181210 SH|00189305 FD|00189306 FD|00189307 FD
00189309 FD|00189310 FD|00189311 FD|00189313 FD|00189345 FD|00200012 IS 2`);

interface Row {
  readonly tag: string;
  readonly vr: string;
  readonly required: boolean;
}

function table(text: string): Row[] {
  return text.trim().split(/[|\n]/).map((entry) => {
    const [tag, vr, type] = entry.trim().split(' ');
    return { tag: tag!, vr: vr!, required: type === '2' };
  });
}

/** Body parts without sides (PS3.16 annex L), whose images have no Laterality (0020,0060); and those that have one. */
const UNPAIRED = new Set(`ABDOMEN ABDOMENPELVIS AORTA BLADDER BRAIN CEREBELLUM CHEST CHESTABDOMEN CHESTABDPELVIS COCCYX COLON CSPINE CTSPINE
DUODENUM ESOPHAGUS GALLBLADDER HEAD HEADNECK HEART JAW LARYNX LIVER LSPINE LSSPINE MEDIASTINUM MOUTH NECK NECKCHEST NECKCHESTABDOMEN
NECKCHESTABDPELV NOSE PANCREAS PELVIS PHARYNX PROSTATE RECTUM SKULL SPINE SPLEEN SSPINE STERNUM STOMACH THYMUS THYROID TLSPINE TONGUE
TRACHEA TSPINE UTERUS VAGINA VULVA WHOLEBODY`.split(/\s+/));
const PAIRED = new Set(`ADRENAL ANKLE ARM BREAST CALF CAROTID CLAVICLE EAR ELBOW EXTREMITY EYE FEMUR FINGER FOOT FOREARM HAND HIP HUMERUS
KIDNEY KNEE LEG LUNG ORBIT RIB SHOULDER SINUS THIGH THORAX THUMB TOE WRIST`.split(/\s+/));

/** Body Part Examined and Laterality so that they agree: an unknown part is left out, a side that is not told is empty. */
function settleLaterality(out: Record<string, DicomElement>): void {
  const part = String(out['00180015']?.Value?.[0] ?? '');
  const side = String(out['00200060']?.Value?.[0] ?? '');
  if (UNPAIRED.has(part)) {
    delete out['00200060'];
    return;
  }
  if (!PAIRED.has(part)) delete out['00180015'];
  if (side !== 'L' && side !== 'R') out['00200060'] = { vr: 'CS' };
}

/** Attributes of `source` that the derived image keeps, each checked against its VR; empty ones where a type 2 lacks. */
export function inheritedAttributes(source: DicomAttributes, modality: string): Record<string, DicomElement> {
  const out: Record<string, DicomElement> = {};
  const rows = [...COMMON, ...(modality === 'MR' ? MR : modality === 'CT' ? CT : [])];
  for (const { tag, vr, required } of rows) {
    const element = source[tag];
    const kept = element && multiplicityFits(tag, element) ? validElement(element, vr) : null;
    if (kept) out[tag] = kept;
    else if (required && !out[tag]) out[tag] = { vr };
  }
  settleLaterality(out);
  return out;
}

/** Attributes of more than one value; the others have one, or any number where the standard says so. */
const SEVERAL: Record<string, number> = { '00181310': 4 };
const ANY_NUMBER = new Set(['00120063', '00120064', '00180020', '00180021', '00180022', '00181020', '00181210', '00181190', '00282112', '00282114', '00180085']);

function multiplicityFits(tag: string, element: DicomElement): boolean {
  const count = element.Value?.length ?? 0;
  return ANY_NUMBER.has(tag) || count === (SEVERAL[tag] ?? 1);
}

function validElement(element: DicomElement, vr: string): DicomElement | null {
  const values = element.Value ?? [];
  if (values.length === 0) return null;
  if (vr === 'SQ') return element.vr === 'SQ' ? { vr, Value: values } : null;
  const cleaned = values.map((v) => (typeof v === 'string' ? v.trim() : v));
  const ok = cleaned.every((v) => (typeof v === 'number' ? Number.isFinite(v) : typeof v === 'string' && isValidText(vr, v)));
  return ok && cleaned.some((v) => v !== '') ? { vr, Value: cleaned } : null;
}
