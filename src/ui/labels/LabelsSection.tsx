import { Eye, EyeOff, TriangleAlert, X } from 'lucide-react';
import { useMemo } from 'react';
import type { LabelSet } from '../../core/labelSet';
import { classArea, classStatistics } from '../../core/labelStatistics';
import type { WaitingLabel } from '../../pipeline/labelShelf';
import { changeLook, chooseSeries, dropLabel, lookOf, setFill, useLabels } from '../../state/labels';
import { itemOf } from '../../state/library';
import { useStage } from '../../state/stage';
import { sentence } from '../../state/strings/say';
import { TextButton } from '../controls/Button';
import { IconButton } from '../controls/IconButton';
import { Slider } from '../controls/Slider';
import { w } from '../lesion/words';
import { number } from '../viewport/format';
import './labels.css';

/** Labels of the open series: per class on or off, colour, area of the slice, volume of the series; and those that wait. */
export default function LabelsSection() {
  const seriesId = useStage((s) => s.seriesId);
  const attached = useLabels((s) => s.attached);
  const waiting = useLabels((s) => s.waiting);
  const fill = useLabels((s) => s.fill);
  const sets = attached.filter((set) => set.seriesId === seriesId);
  if (sets.length === 0 && waiting.length === 0) return null;
  return (
    <section className="labels-section" aria-label={w('labels')}>
      {sets.length > 0 && (
        <>
          <div className="study-head"><h3>{w('labels')}</h3></div>
          {sets.map((set) => <SetRows key={set.id} set={set} />)}
          <div className="labels-fill">
            <Slider label={w('labels.fill')} value={fill} min={0} max={0.8} step={0.05} reset={0} format={(v) => `${Math.round(v * 100)} %`} onChange={setFill} />
          </div>
        </>
      )}
      {waiting.length > 0 && (
        <>
          <div className="study-head"><h3>{w('labels.waiting')}</h3></div>
          {waiting.map((entry) => <WaitingRow key={entry.label.name + entry.result.words} entry={entry} />)}
        </>
      )}
    </section>
  );
}

const hex = (color: readonly [number, number, number]): string => `#${color.map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;
const fromHex = (text: string): readonly [number, number, number] => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)) as unknown as readonly [number, number, number];

function SetRows({ set }: { set: LabelSet }) {
  const index = useStage((s) => s.shownIndex);
  const looks = useLabels((s) => s.looks);
  const series = itemOf(set.seriesId)?.source.series;
  const spacing = series?.pixelSpacingMm ?? null;
  const volumes = useMemo(() => classStatistics(set, spacing, series?.sliceSpacingMm ?? null), [set, spacing, series]);
  return (
    <div className="label-set">
      <div className="label-source">
        <span className="hint cut" title={set.notes.map(sentence).join(' ')}>{set.source}</span>
        <IconButton label={w('labels.drop', { name: set.source })} icon={<X size={14} strokeWidth={1.5} />} onClick={() => dropLabel(set)} />
      </div>
      <ul>
        {set.classes.map((c) => {
          const look = lookOf({ looks }, set, c.id);
          const area = classArea(set, c.id, index, spacing);
          const volume = volumes.find((v) => v.id === c.id)!;
          return (
            <li key={c.id} className="label-class">
              <input type="color" aria-label={w('labels.color', { name: c.name })} value={hex(look.color)} onChange={(e) => changeLook(set, c.id, { color: fromHex(e.currentTarget.value) })} />
              <span className="label-text">
                <span className="cut">{c.name}</span>
                <span className="hint num cut">
                  {area.areaMm2 === null ? `${area.pixels} px` : `${number(area.areaMm2, 0)} mm²`}, {volume.volumeMl === null ? w('labels.voxels', { n: volume.voxels }) : `${number(volume.volumeMl, volume.volumeMl < 10 ? 2 : 1)} ml`}
                </span>
              </span>
              <IconButton label={w('labels.show', { name: c.name })} pressed={look.visible} icon={look.visible ? <Eye size={14} strokeWidth={1.5} /> : <EyeOff size={14} strokeWidth={1.5} />} onClick={() => changeLook(set, c.id, { visible: !look.visible })} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function WaitingRow({ entry }: { entry: WaitingLabel }) {
  const { label, result } = entry;
  const series = result.status === 'ambiguous' ? result.seriesIds : [];
  return (
    <div className="label-waiting">
      <TriangleAlert size={14} strokeWidth={1.5} aria-hidden="true" />
      <div>
        <p className="small">{sentence(result.words)}</p>
        {series.slice(0, 6).map((id) => (
          <TextButton key={id} onClick={() => void chooseSeries(label, { seriesId: id })}>{w('labels.waiting.choose', { series: itemOf(id)?.source.series.description || id })}</TextButton>
        ))}
        {result.status === 'mismatch' && result.difference?.reorder && (
          <TextButton onClick={() => void chooseSeries(label, { seriesId: result.seriesId, reorder: true })}>{w('labels.reorder')}</TextButton>
        )}
      </div>
      <IconButton label={w('labels.drop', { name: label.name })} icon={<X size={14} strokeWidth={1.5} />} onClick={() => dropLabel(entry)} />
    </div>
  );
}
