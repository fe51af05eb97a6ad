/**
 * Words that may stay in a description: anatomy, sequences, planes, contrast, scanner jargon. All else goes, since no
 * list of names is complete (PS3.15 E.3.4, Clean Descriptors Option).
 */
const SAFE_WORDS = new Set(
  `2d 3d abd abdomen abdominal adc angio ankle ap arm arterial art ax axial axi b0 b1000 b50 b500 b800 bladder bh blade bone
  brain breast bravo breath body c c+ cardiac cervical chest cine cns colon coronal cor contrast ce cect ct cta cube delayed
  diffusion dixon dual dwi dti dynamic ear echo elbow epi expiration face fast fat femur fgre field fiesta fine flair flash
  fov foot fse fs ffe fspgr ge gd gradient gre hand haste head heart helical high hip hr hrct in inspiration iv ir kidney knee
  kv lat lateral le left leg liver localizer localiser loc low lower lt lumbar lung mag map mdct mediastinum medium mip mpr
  mprage mr mra mrcp mri mrv multi neck non noncontrast nc of oblique obl opp optic orbit orbits out pancreas pa parotid
  pd pelvis perfusion phase pituitary plain portal post pre precontrast postcontrast propeller prostate proton pwi rec recon
  renal resolution rt right routine sag sagittal scan scout se sense sharp short shoulder si sinus skull slab smooth soft
  space spair spgr spine spin spiral spoiled standard std stir stack survey swan swi t t1 t1w t2 t2w t2star t2* te temporal
  thin thick thigh thoracic thorax thyroid tilt time tir tirm tissue tof tr trauma trufi tse turbo upper uterus vein venous
  vibe view vol volume wb whole window with without wo w wrist x5 x10 mm cm and the plus minus both image images series`
    .split(/\s+/),
);

/** Keeps the safe words and numbers of at most two digits; drops the rest. */
export function cleanDescriptor(text: string): string {
  return text
    .split(/[\s_/,;:()[\]^\\-]+/)
    .filter((word) => SAFE_WORDS.has(word.toLowerCase()) || /^\d{1,2}(\.\d{1,2})?(mm|s)?$/i.test(word))
    .join(' ')
    .slice(0, 64);
}
