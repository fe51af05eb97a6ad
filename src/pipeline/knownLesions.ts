import { maskOfClasses } from '../core/labelOps';
import type { LabelMap } from '../core/slice';

/** Words by which labels name a lesion, whatever its kind (English and German); an organ's mask has none of them. */
const ANY = /lesion|läsion|tumou?r|cancer|krebs|[ck]ar[cz]inom|metasta|neoplas|malign| gtv/i;
/** … and those of one kind, with the parts into which readers divide it. */
const OF_KIND: Readonly<Record<string, RegExp>> = {
  nodule: /nodul|knoten|rundherd| mass(es)? /i,
  glioma: /gliom|glioblastom| o?edema|ödem|necro|nekro|enhancing|infiltrat/i,
};

/**
 * 1 where labels hold a lesion like the one that goes in: a class of its name (`className`), or one whose name says that
 * it is such a lesion. Organs do not count. `avoid`: the names of the classes instead. A new lesion keeps clear of them.
 */
export function labelledLesions(maps: readonly LabelMap[], length: number, kind: string, className: string | null, avoid?: readonly string[]): Uint8Array {
  if (avoid) return maskOfClasses(maps, length, (name) => avoid.includes(name));
  const own = kind in OF_KIND ? [OF_KIND[kind]!] : Object.values(OF_KIND);
  return maskOfClasses(maps, length, (name) => {
    const words = ` ${name.replace(/[^\p{L}\d]+/gu, ' ')} `;
    return name === className || [ANY, ...own].some((known) => known.test(words));
  });
}
