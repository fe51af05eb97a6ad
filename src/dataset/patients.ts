import type { Series } from '../core/slice';
import { caseStems, CHANNELS, fileName, plainFile, type PlainFile } from './plainFile';

/** Whose a series is. `guessed`: from names of files and folders, which nobody promised to mean that. */
export interface PatientOf {
  readonly key: string;
  readonly guessed: boolean;
}

/** Words at the end of a name that tell one sequence of a case from another. */
const SEQUENCE = /(^|[-_ ])(t1|t1c|t1ce|t1gd|t1n|t1w|t2|t2f|t2w|flair|pd|pdw|dwi|adc|ct|mr|mri)$/i;
/** What tells one visit, time or slice of a patient from another, with all that follows it. */
const VISIT = /[-_ ](?:ses-[a-z0-9]+|(?:frame|timepoint|visit|week|day|month|phase|slice)[-_ ]?\d+|4d|baseline|follow-?up\d*)(?=[-_ ]|$).*$/i;
/** BraTS and others: the visit after the patient's number. */
const VISIT_NUMBER = /(\d{4,})-\d{3}$/;
/** Names that say what a file is and not whose. */
const NAMELESS = /^(?:image|imaging|img|volume|vol|data|scan|orig|(?:slice|frame)[-_ ]?\d+)$/i;
/** Folders that say what lies in them and not whose it is. */
const PARTS = /^(?:images?|imgs?|images(?:tr|ts|val)|anat|nifti|nii|dicom|png|npz|data|raw|series|train|training|val|valid|validation|test|testing|\.{0,2}|series[-_ ]?\d+)$/i;
/** Names of the items of our own sets, in each of their formats; BIDS has them in parts. */
const OURS = /^(P[A-Z2-7]{10})_S[A-Z2-7]{7}_\d{4,}_(?:real|c\d{3,})(?:_0000)?$|^sub-(P[A-Z2-7]{10})_acq-S[A-Z2-7]{7}_/;

/**
 * Patients of series that are split together. DICOM: Patient ID, else name, else study. Other files: what `pattern` finds
 * in the path (its one group); the pseudonym in the name of an item of one of our sets, which is that set's Patient ID; the
 * subject of a BIDS name; else the case name, without channel, volume, sequence and visit, so that all that one patient has
 * stays on one side of a split. The folder stands for it where the name says nothing of whose it is or comes again in others.
 */
export function patientsOf(all: readonly Series[], pattern?: string): readonly PatientOf[] {
  const search = pattern === undefined ? null : new RegExp(pattern);
  const found = all.map((series) => named(series, search));
  const plain = all.flatMap((series, i) => (found[i] ? [] : [plainFile(series)]));
  const stems = caseStems(plain);
  const cases = plain.map((file, i) => ({ ...file, stem: stems[i]! }));
  const folders = patientFolders(cases);
  let next = 0;
  return found.map((patient) => patient ?? { key: `case:${caseKey(cases[next++]!, folders)}`, guessed: true });
}

function named(series: Series, search: RegExp | null): PatientOf | null {
  const { patient } = series;
  if (patient?.id?.trim()) return { key: `id:${patient.id.trim()}`, guessed: false };
  if (patient?.name?.trim()) return { key: `name:${patient.name.trim()}`, guessed: false };
  if (series.slices[0]?.sopInstanceUid || !series.studyUid.startsWith('folder:')) return { key: `study:${series.studyUid}`, guessed: false };
  const { folders, stem } = plainFile(series);
  const group = search?.exec([...folders, fileName(series)].join('/'))?.[1];
  if (group) return { key: `case:${group}`, guessed: false };
  const ours = OURS.exec(stem);
  if (ours) return { key: `id:${ours[1] ?? ours[2]!}`, guessed: false };
  const subject = /^(sub-[A-Za-z0-9]+)(?:_|$)/.exec(stem)?.[1];
  return subject ? { key: `case:${subject}`, guessed: false } : null;
}

/** A name without what tells sequences and visits of one patient apart; empty where it says no more than that. */
function caseOf(name: string): string {
  const shorter = name.replace(SEQUENCE, '').replace(VISIT, '').replace(VISIT_NUMBER, '$1');
  if (shorter !== name) return caseOf(shorter);
  return NAMELESS.test(name) ? '' : name;
}

/** Folders down to the last that may be a patient's: those of sequences, visits and parts of a set are none. */
function homeOf({ folders }: PlainFile): readonly string[] {
  let n = folders.length;
  while (n > 0 && !mayBePatient(folders[n - 1]!)) n--;
  return folders.slice(0, n);
}

function mayBePatient(folder: string): boolean {
  if (PARTS.test(folder) || VISIT.exec(`_${folder}`)?.index === 0) return false;
  const rest = folder.replace(SEQUENCE, '');
  return rest === folder || /\d/.test(rest); // `IXI-T1` is a sequence of a set, `P001_T1` one of a patient
}

/**
 * Folders that are one patient each, since names come again in them (`P001/001.png`, `P002/001.png`). Volumes whose
 * names have numbers may as well be cases that lie there twice (`raw/case1`, `corrected/case1`): then the folders' names
 * have to be alike as well.
 */
function patientFolders(files: readonly PlainFile[]): ReadonlySet<string> {
  const homes = new Map<string, Map<string, string>>();
  const pictures = new Set<string>();
  for (const file of files) {
    const home = homeOf(file);
    if (home.length === 0) continue;
    const name = caseOf(file.stem);
    const stem = /\d/.test(name) ? file.stem : name;
    homes.set(stem, (homes.get(stem) ?? new Map<string, string>()).set(home.join('/'), home.at(-1)!));
    if (file.series.id.startsWith('image:')) pictures.add(stem);
  }
  const out = new Set<string>();
  for (const [stem, folders] of homes) {
    if (folders.size < 2) continue;
    const shapes = new Set([...folders.values()].map((name) => name.replace(/\d+/g, '#')));
    const alike = shapes.size === 1 && [...shapes][0]!.includes('#');
    if (pictures.has(stem) || !/\d/.test(stem) || alike) for (const folder of folders.keys()) out.add(folder);
  }
  return out;
}

function caseKey(file: PlainFile, folders: ReadonlySet<string>): string {
  const home = homeOf(file);
  const own = caseOf(file.stem);
  const above = home.length > 0 ? caseOf(home.at(-1)!) || home.at(-1)! : '';
  if (above && (own === '' || folders.has(home.join('/')))) return above;
  return own || file.stem.replace(/^(slice|frame)[-_ ]?\d+$/i, '$1');
}

/** What a person should know of the patients that were guessed, one sentence each. */
export function patientNotes(series: readonly Series[], patients: readonly PatientOf[]): string[] {
  const files = new Map<string, Set<string>>();
  patients.forEach(({ key, guessed }, i) => {
    if (!guessed) return;
    files.set(key, (files.get(key) ?? new Set()).add(`${series[i]!.studyUid}/${fileName(series[i]!)}`));
  });
  if (files.size === 0) return [];
  const count = [...files.values()].reduce((n, f) => n + f.size, 0);
  const most = Math.max(...[...files.values()].map((f) => f.size));
  const notes: string[] = [];
  if (count > 1) notes.push(`${count} files do not say whose they are; ${files.size} patients were guessed from the names of files and folders. Look whether that is so before you rely on the split.`);
  if (most > CHANNELS && most > count / 2) notes.push(`${most} of ${count} files count as one patient by their names. If they are several, name them with sources.patient in the recipe.`);
  return notes;
}
