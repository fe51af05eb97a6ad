import { StudioError } from './errors';
import type { ClassRef, LabelClass, LabelMap } from './slice';

/** The smallest class id not in use. Throws `label/invalid` when all 255 are taken. */
export function nextClassId(classes: readonly LabelClass[]): number {
  const used = new Set(classes.map((c) => c.id));
  for (let id = 1; id <= 255; id++) if (!used.has(id)) return id;
  throw new StudioError('label/invalid', 'all 255 class ids are in use');
}

/** Whether a map, or the set it comes from, has this class. */
export function hasClass(labels: { readonly source: string; readonly classes: readonly LabelClass[] }, { id, source }: ClassRef): boolean {
  return (source === undefined || labels.source === source) && labels.classes.some((c) => c.id === id);
}

/**
 * Adds an inserted lesion to the labels of its slice. `into` names the class to merge with; without it a new
 * class `name` is appended after the ones that are there, whose ids stay. Where the mask meets another class in the
 * same map, the lesion wins, for it is what the pixels now show.
 */
export function addToLabels(
  maps: readonly LabelMap[],
  mask: Uint8Array,
  width: number,
  height: number,
  target: { readonly into: ClassRef } | { readonly name: string; readonly color?: LabelClass['color'] },
): { maps: LabelMap[]; classId: number } {
  const classes = maps.flatMap((map) => map.classes);
  const holder = maps.find((map) => ('into' in target ? hasClass(map, target.into) : map.classes.some((c) => c.name === target.name)));
  const base = holder ?? maps[0] ?? { data: new Uint8Array(width * height), width, height, classes: [], source: 'inserted' };
  let classId: number;
  let list = base.classes;
  if ('into' in target) {
    classId = target.into.id;
    if (!holder) throw new StudioError('label/invalid', `there is no class ${classId} to merge into`);
  } else {
    const same = holder?.classes.find((c) => c.name === target.name);
    classId = same?.id ?? nextClassId(classes);
    if (!list.some((c) => c.id === classId)) list = [...list, { id: classId, name: target.name, color: target.color }];
  }
  const data = new Uint8Array(base.data);
  for (let i = 0; i < mask.length; i++) if (mask[i]) data[i] = classId;
  const grown = { ...base, data, classes: list };
  return { maps: maps.length ? maps.map((map) => (map === base ? grown : map)) : [grown], classId };
}

/** One map of several of the same grid: a class for each name, ids from 1 in their order. Where they meet, the later map wins. */
export function uniteMaps(maps: readonly LabelMap[]): LabelMap {
  const first = maps[0]!;
  const data = new Uint8Array(first.data.length);
  const classes: LabelClass[] = [];
  for (const map of maps) {
    const ids = new Map(map.classes.map((c) => {
      const at = classes.findIndex((known) => known.name === c.name);
      if (at < 0) classes.push({ ...c, id: classes.length + 1 });
      return [c.id, at < 0 ? classes.length : at + 1];
    }));
    for (let i = 0; i < data.length; i++) if (map.data[i]) data[i] = ids.get(map.data[i]!) ?? 0;
  }
  return { ...first, data, classes };
}

/** 1 where a map holds a class whose name `chosen` takes; `length` pixels. */
export function maskOfClasses(maps: readonly LabelMap[], length: number, chosen: (name: string) => boolean): Uint8Array {
  const mask = new Uint8Array(length);
  for (const { data, classes } of maps) {
    const ids = new Set(classes.filter((c) => chosen(c.name)).map((c) => c.id));
    if (ids.size) data.forEach((id, i) => ids.has(id) && (mask[i] = 1));
  }
  return mask;
}

/** Takes the pixels of `mask` out of every class, or of those that `chosen` takes, and tells how many pixels each class of each source lost. */
export function removeFromLabels(
  maps: readonly LabelMap[],
  mask: Uint8Array,
  chosen: (name: string) => boolean = () => true,
): { maps: LabelMap[]; removed: { id: number; name: string; pixels: number }[] } {
  const lost = new Map<string, { id: number; name: string; pixels: number }>();
  const next = maps.map((map) => {
    const data = new Uint8Array(map.data);
    const names = new Map(map.classes.map((c) => [c.id, c.name]));
    for (let i = 0; i < data.length; i++) {
      const id = data[i]!;
      if (!mask[i] || !id) continue;
      const name = names.get(id) ?? String(id);
      if (!chosen(name)) continue;
      const key = `${id} ${map.source}`;
      const entry = lost.get(key) ?? { id, name, pixels: 0 };
      lost.set(key, entry);
      entry.pixels++;
      data[i] = 0;
    }
    return { ...map, data };
  });
  return { maps: next, removed: [...lost.values()] };
}

/** Dice overlap of two binary masks; 1 when both are empty. */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i]) sum++;
    if (b[i]) sum++;
    if (a[i] && b[i]) both++;
  }
  return sum === 0 ? 1 : (2 * both) / sum;
}
