import { FolderOpen, PanelLeft, TriangleAlert, X } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { derivedBytes, useLibrary, type DerivedItem, type LibraryItem } from '../../state/library';
import { removeDerivedWithUndo, removeSeriesWithUndo } from '../../state/libraryEdits';
import { chooseFiles } from '../../state/openFiles';
import { useSettings } from '../../state/settings';
import { cachedBytes } from '../../state/sliceCache';
import { openDerived, openSeries, setDerived, useStage } from '../../state/stage';
import { drawThumb, putThumb, useThumb, wantThumb } from '../../state/thumbs';
import { openPage, setView } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { LabelsSection } from '../shell/tasks';
import { Thumb } from '../shell/Thumb';
import { t } from '../strings/t';
import { number } from '../viewport/format';

const WarningDetails = lazy(() => import('./WarningDetails'));

export default function LibraryPanel() {
  const items = useLibrary((s) => s.items);
  const studies = [...new Map(items.map((i) => [i.studyId, i])).values()];
  // Two studies of one name (files without a description, opened together) are told apart by a number.
  const nameOf = (study: LibraryItem): string => {
    const alike = studies.filter((s) => s.study === study.study);
    return alike.length > 1 ? `${study.study} (${alike.indexOf(study) + 1})` : study.study;
  };
  return (
    <nav className="library" aria-label={t('library.title')}>
      <div className="library-head">
        <h2 className="grow">{t('library.title')}</h2>
        <IconButton label={t('library.open')} icon={<FolderOpen size={16} strokeWidth={1.5} />} onClick={() => void chooseFiles()} />
        <IconButton label={t('library.collapse')} icon={<PanelLeft size={16} strokeWidth={1.5} />} onClick={() => setView({ libraryOpen: false, drawerOpen: false })} />
      </div>
      <div className="library-list">
        {items.length === 0 && <p className="hint library-empty">{t('library.empty')}</p>}
        {studies.map((study) => (
          <section key={study.studyId} className="study" aria-label={nameOf(study)}>
            <StudyHead item={study} name={nameOf(study)} />
            <ul>
              {items
                .filter((i) => i.studyId === study.studyId)
                .map((item) => (
                  <SeriesRow key={item.id} item={item} />
                ))}
            </ul>
          </section>
        ))}
        {LabelsSection && items.length > 0 && (
          <Suspense fallback={null}>
            <LabelsSection />
          </Suspense>
        )}
      </div>
      <Memory />
    </nav>
  );
}

function StudyHead({ item, name }: { item: LibraryItem; name: string }) {
  const show = useSettings((s) => s.showIdentifiers);
  const patient = item.source.series.patient;
  return (
    <div className="study-head">
      <h3 className="cut">{name}</h3>
      {item.origin === 'sample' && <span className="hint">{t('library.sample')}</span>}
      {show && patient && <span className="hint cut study-patient">{[patient.name, patient.id, patient.birthDate].filter(Boolean).join(', ')}</span>}
    </div>
  );
}

export const slicesText = (n: number): string => (n === 1 ? t('library.slices.one') : t('library.slices', { n }));

function spacingText(item: LibraryItem): string {
  const spacing = item.source.series.pixelSpacingMm;
  return spacing ? `${number(spacing[1], 2)} mm` : t('stage.noMm');
}

function SeriesRow({ item }: { item: LibraryItem }) {
  const series = item.source.series;
  const open = useStage((s) => s.seriesId === item.id);
  const derivedId = useStage((s) => s.derivedId);
  const allDerived = useLibrary((s) => s.derived);
  const derived = allDerived.filter((d) => d.sourceId === item.id && !d.transient);
  const middle = Math.floor((series.slices.length - 1) / 2);
  const grey = useThumb(`${item.id}/${middle}`);
  useEffect(() => wantThumb(item, middle), [item, middle]);
  const name = series.description || series.modality;
  const selected = open && !derivedId;
  const warnings = series.warnings.length;
  const [told, setTold] = useState(false);
  return (
    <li className="series">
      <div className={selected ? 'library-row active' : 'library-row'}>
        <button
          type="button"
          className="library-open"
          aria-current={selected || undefined}
          onClick={() => {
            void openSeries(item.id, open ? undefined : middle);
            if (derived.length === 0) setDerived(null);
            setView({ page: 'stage' });
          }}
        >
          <Thumb grey={grey} size={40} />
          <span className="library-text">
            <span className="cut">{name}</span>
            <span className="hint cut">
              {slicesText(series.slices.length)}, {spacingText(item)}
            </span>
          </span>
        </button>
        {warnings > 0 && (
          <span className="library-warning">
            <IconButton
              label={warnings === 1 ? t('library.warning') : t('library.warnings', { n: warnings })}
              aria-expanded={told}
              icon={<TriangleAlert size={14} strokeWidth={1.5} />}
              onClick={() => setTold(!told)}
            />
          </span>
        )}
        <span className="library-remove">
          <IconButton label={t('library.remove', { name })} icon={<X size={14} strokeWidth={1.5} />} onClick={() => removeSeriesWithUndo(item)} />
        </span>
      </div>
      {told && warnings > 0 && (
        <Suspense fallback={null}>
          <WarningDetails warnings={series.warnings} />
        </Suspense>
      )}
      {derived.length > 0 && (
        <ul className="derived">
          {derived.map((d) => (
            <DerivedRow key={d.id} derived={d} active={open && d.id === derivedId} />
          ))}
        </ul>
      )}
    </li>
  );
}

function DerivedRow({ derived, active }: { derived: DerivedItem; active: boolean }) {
  const first = derived.results.values().next().value;
  const key = `${derived.id}/0`;
  const grey = useThumb(key);
  useEffect(() => {
    if (first) putThumb(key, drawThumb(first.slice));
  }, [first, key]);
  const done = derived.results.size;
  const spacing = first?.slice.pixelSpacingMm;
  const seed = first?.info.seed;
  const how = derived.kind === 'super-resolution' || seed == null ? (spacing ? `, ${number(spacing[1], 2)} mm` : '') : `, ${t('library.seed', { seed })}`;
  return (
    <li className={active ? 'library-row derived-row active' : 'library-row derived-row'}>
      <button type="button" className="library-open" aria-current={active || undefined} onClick={() => void openDerived(derived.id)}>
        <Thumb grey={grey} size={32} />
        <span className="library-text">
          <span className="cut">{derived.name}</span>
          <span className="hint cut">{derived.kept && `${t('library.kept')}, `}{done < derived.total ? t('library.partial', { done, n: derived.total }) : `${slicesText(done)}${how}`}</span>
        </span>
      </button>
      <span className="library-remove">
        <IconButton label={t('library.remove', { name: derived.name })} icon={<X size={14} strokeWidth={1.5} />} onClick={() => removeDerivedWithUndo(derived)} />
      </span>
    </li>
  );
}

/** What the studio holds: decoded slices and results. */
function Memory() {
  const made = useLibrary(derivedBytes);
  useStage((s) => s.shownIndex); // decoded slices come with scrolling
  const bytes = made + cachedBytes();
  const limit = 2 * 1024 ** 3;
  return (
    <div className="library-memory">
      <div className="row">
        <span className="hint grow">{t('library.memory')}</span>
        <span className="hint num">{t('library.memory.of', { n: Math.round(bytes / 1024 ** 2) })}</span>
      </div>
      <span className="job-track wide paused" aria-hidden="true">
        <i style={{ transform: `scaleX(${Math.min(1, bytes / limit)})` }} />
      </span>
    </div>
  );
}

export function LibraryRail() {
  return (
    <div className="library-rail">
      <IconButton label={t('library.expand')} icon={<PanelLeft size={16} strokeWidth={1.5} />} onClick={() => setView({ libraryOpen: true })} />
      <IconButton label={t('library.open')} icon={<FolderOpen size={16} strokeWidth={1.5} />} onClick={() => openPage('start')} />
    </div>
  );
}
