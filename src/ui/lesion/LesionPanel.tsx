import { Brush, CornerDownLeft, Dices, Download, Eraser, MapPin, ScanSearch, Target } from 'lucide-react';
import { useEffect } from 'react';
import { lookKey, useLabels } from '../../state/labels';
import { chooseLesionModel, kindWords, lesionStore, prepareLesion, setMode, useLesion } from '../../state/lesion';
import { dismissRefusal, moveItForMe, redrawShape, resizeBrush, useTool as chooseLesionTool } from '../../state/lesionMask';
import { propose } from '../../state/lesionPropose';
import { removeNow, takeFinding } from '../../state/lesionRemove';
import { addLesion, another, exportWithMask, followSliders, hasDraft, keepLesion } from '../../state/lesionRun';
import { useGenerated, useStage } from '../../state/stage';
import { sentence } from '../../state/strings/say';
import { chooseTool, useView, viewStore } from '../../state/view';
import { Button, RunningButton } from '../controls/Button';
import { Fold } from '../controls/Fold';
import { KeyCap } from '../controls/KeyCap';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelFoot, PanelSection } from '../controls/Panel';
import { Segmented } from '../controls/Segmented';
import { Select } from '../controls/Select';
import { Slider } from '../controls/Slider';
import { claimKeys } from '../shell/keys';
import { NothingToWorkOn } from '../shell/NothingToWorkOn';
import { t } from '../strings/t';
import { LesionResults } from './LesionResults';
import { w } from './words';
import './lesion.css';

const ICON = { size: 14, strokeWidth: 1.5, 'aria-hidden': true } as const;

const PAINTING = new Set(['brush', 'eraser']);
const OWN_TOOLS = new Set(['lesion-place', ...PAINTING]);

/** Kind → place or paint → settings → go → what came out → keep. */
export default function LesionPanel() {
  const original = useStage((s) => s.original);
  const mode = useLesion((s) => s.mode);
  const models = useLesion((s) => s.models);
  useEffect(() => {
    if (original) void prepareLesion(original);
  }, [original, mode]);
  useLesionKeys();
  useEffect(() => {
    // B and E open this panel with their tool already in hand.
    if (!PAINTING.has(viewStore.getState().tool)) chooseTool(lesionStore.getState().mode === 'add' ? 'lesion-place' : 'brush');
    return () => {
      if (OWN_TOOLS.has(viewStore.getState().tool)) chooseTool('window'); // not what another task has taken in hand
    };
  }, []);
  if (!original) return <NothingToWorkOn />;
  return (
    <>
      <PanelSection>
        <Segmented
          wide
          label={w('mode')}
          value={mode}
          onChange={(next) => {
            setMode(next, original);
            chooseTool(next === 'add' ? 'lesion-place' : 'brush');
          }}
          options={[
            { value: 'add', label: w('add') },
            { value: 'remove', label: w('remove') },
          ]}
        />
        {models?.length === 0 ? <NoticeBox level="note" happened={w('model.none')} todo={w('model.none.todo')} /> : <ModelChoice />}
        {models?.length !== 0 && (mode === 'add' ? <PlaceTools /> : <RemoveTools />)}
      </PanelSection>
      {models?.length !== 0 && (
        <>
          {mode === 'add' ? <AddSettings /> : <RemoveSettings />}
          <Go />
          <LesionResults />
        </>
      )}
      <Foot />
    </>
  );
}

function ModelChoice() {
  const models = useLesion((s) => s.models);
  const modelId = useLesion((s) => s.modelId);
  const mode = useLesion((s) => s.mode);
  const original = useStage((s) => s.original);
  return (
    <Select
      label={w('model')}
      value={modelId}
      disabled={!models}
      onChange={(id) => void chooseLesionModel(id, original).then(redrawShape)}
      options={(models ?? []).map((m) => ({
        value: m.id,
        label: mode === 'remove' ? w(m.modality.includes('CT') ? 'model.remove.CT' : 'model.remove.MR') : m.id === 'lesion-insert-ct-nodule' ? w('model.nodule') : m.id === 'lesion-insert-mr-glioma' ? w('model.glioma') : m.id,
        note: `${(Object.values(m.variants).reduce((n, v) => n + v.bytes, 0) / 1e6).toFixed(1)} MB`,
      }))}
    />
  );
}

function PlaceTools() {
  const tool = useView((s) => s.tool);
  const pressed = (id: string) => ({ 'aria-pressed': tool === id, className: 'toggle' });
  return (
    <div className="lesion-tools">
      <Button icon={<Target {...ICON} />} {...pressed('lesion-place')} onClick={() => chooseLesionTool('lesion-place')}>{w('place')}</Button>
      <Button icon={<Brush {...ICON} />} {...pressed('brush')} onClick={() => chooseLesionTool('brush')}>{w('paint')}</Button>
      <Button icon={<MapPin {...ICON} />} onClick={() => void propose()}>{w('propose')}</Button>
    </div>
  );
}

function RemoveTools() {
  const tool = useView((s) => s.tool);
  const pressed = (id: string) => ({ 'aria-pressed': tool === id, className: 'toggle' });
  return (
    <>
      <div className="lesion-tools two">
        <Button icon={<Brush {...ICON} />} {...pressed('brush')} onClick={() => chooseLesionTool('brush')}>{w('paint')}</Button>
        <Button icon={<Eraser {...ICON} />} {...pressed('eraser')} onClick={() => chooseLesionTool('eraser')}>{w('erase')}</Button>
      </div>
      <Button wide icon={<ScanSearch {...ICON} />} onClick={() => void takeFinding()}>{w('finding')}</Button>
    </>
  );
}

const withUnit = (value: string, unit: string) => (
  <>
    {value} <span className="unit">{unit}</span>
  </>
);
const signed = (v: number): string => `${v < 0 ? '−' : v > 0 ? '+' : ''}${Math.abs(v).toFixed(2)}`;

function AddSettings() {
  const s = useLesion((x) => x);
  const known = useStage((x) => x.original?.pixelSpacingMm != null);
  const painting = useView((v) => v.tool === 'brush' || v.tool === 'eraser');
  const unit = known ? w('mm') : w('px');
  const change = (changes: Partial<typeof s>, then: () => void) => {
    lesionStore.setState(changes);
    then();
  };
  return (
    <PanelSection>
      {painting ? (
        <>
          <BrushSize unit={unit} />
          <EraserSwitch />
        </>
      ) : (
        <Slider label={w('size')} value={s.sizeMm} min={3} max={Math.max(4, Math.floor(s.largestMm))} step={0.5} reset={12} format={(v) => withUnit(v.toFixed(1), unit)} valueText={`${s.sizeMm.toFixed(1)} ${unit}`} onChange={(sizeMm) => change({ sizeMm }, redrawShape)} />
      )}
      <Slider label={w('contrast')} value={s.contrast} min={-0.9} max={0.9} step={0.05} reset={0} format={signed} valueText={signed(s.contrast)} onChange={(contrast) => change({ contrast }, followSliders)} />
      <Slider label={w('softness')} value={s.softnessMm} min={0} max={6} step={0.1} reset={0} format={(v) => withUnit(v.toFixed(1), unit)} valueText={`${s.softnessMm.toFixed(1)} ${unit}`} onChange={(softnessMm) => change({ softnessMm }, followSliders)} />
      <Slider label={w('labelRim')} value={s.labelRimPx} min={0} max={4} step={1} reset={0} format={(v) => withUnit(String(v), w('px'))} valueText={`${s.labelRimPx} ${w('px')}`} onChange={(labelRimPx) => change({ labelRimPx }, followSliders)} />
      {!painting && <Slider label={w('irregularity')} value={s.irregularity} min={0} max={1} step={0.05} reset={0.35} format={(v) => v.toFixed(2)} onChange={(irregularity) => change({ irregularity }, redrawShape)} />}
      <ClassChoice />
    </PanelSection>
  );
}

function BrushSize({ unit }: { unit: string }) {
  const brushMm = useLesion((s) => s.brushMm);
  return (
    <Slider
      label={w('brush')}
      value={brushMm}
      min={0.5}
      max={60}
      step={0.5}
      reset={6}
      format={(v) => (
        <>
          {withUnit(v.toFixed(1), unit)} <KeyCap>[</KeyCap> <KeyCap>]</KeyCap>
        </>
      )}
      valueText={`${brushMm.toFixed(1)} ${unit}`}
      onChange={(next) => lesionStore.setState({ brushMm: next })}
    />
  );
}

function EraserSwitch() {
  const tool = useView((v) => v.tool);
  return (
    <Segmented
      wide
      label={w('paint')}
      value={tool === 'eraser' ? 'eraser' : 'brush'}
      onChange={(next) => chooseLesionTool(next)}
      options={[
        { value: 'brush', label: w('paint') },
        { value: 'eraser', label: w('erase') },
      ]}
    />
  );
}

/** Where labels are attached the lesion may go into one of their classes; else it becomes a class of its own. */
function ClassChoice() {
  const seriesId = useStage((s) => s.seriesId);
  const attached = useLabels((s) => s.attached);
  const mergeInto = useLesion((s) => s.mergeInto);
  const sets = attached.filter((set) => set.seriesId === seriesId);
  const classes = sets.flatMap(({ id: setId, source, classes: list }) => list.map(({ id, name }) => ({ value: lookKey(setId, id), label: name, note: sets.length > 1 ? source : undefined, ref: { id, source } })));
  if (classes.length === 0) return null;
  const chosen = classes.find(({ ref }) => ref.id === mergeInto?.id && ref.source === mergeInto.source);
  return (
    <div className="field-row">
      <span>{w('class')}</span>
      <span className="lesion-class">
        <Select
          label={w('class')}
          value={chosen?.value ?? 'new'}
          onChange={(value) => lesionStore.setState({ mergeInto: classes.find((c) => c.value === value)?.ref ?? null })}
          options={[{ value: 'new', label: w('class.new') }, ...classes]}
        />
      </span>
    </div>
  );
}

function RemoveSettings() {
  const growMm = useLesion((s) => s.growMm);
  const known = useStage((x) => x.original?.pixelSpacingMm != null);
  const unit = known ? w('mm') : w('px');
  return (
    <PanelSection>
      <BrushSize unit={unit} />
      <Slider label={w('grow')} value={growMm} min={0} max={8} step={0.5} reset={2} format={(v) => withUnit(v.toFixed(1), unit)} valueText={`${growMm.toFixed(1)} ${unit}`} onChange={(next) => lesionStore.setState({ growMm: next })} />
    </PanelSection>
  );
}

function Go() {
  const s = useLesion((x) => x);
  const key = useStage((x) => `${x.seriesId}/${x.shownIndex}`);
  const modality = useStage((x) => x.original?.modality);
  const generated = useGenerated();
  const ready = s.mask !== null && s.maskKey === key && s.modelId !== null && s.refusal === null;
  const more = s.mode === 'add' && generated !== null && hasDraft();
  return (
    <PanelSection>
      {s.mode === 'add' && (
        <div className="lesion-seed">
          <label htmlFor="lesion-seed">{w('seed')}</label>
          <input
            id="lesion-seed"
            className="text-field num"
            type="number"
            min={0}
            max={4294967295}
            value={s.seed}
            onChange={(e) => {
              const seed = Math.min(4294967295, Math.max(0, Math.floor(Number(e.currentTarget.value) || 0)));
              lesionStore.setState({ seed });
              redrawShape();
            }}
          />
          <Button icon={<Dices {...ICON} />} onClick={() => void (more ? another() : nextShape())}>
            {w('another')} <KeyCap>N</KeyCap>
          </Button>
        </div>
      )}
      {s.running ? (
        <RunningButton label={s.running.label} fraction={s.running.total ? s.running.done / s.running.total : 0} cancelLabel={t('app.cancel')} onCancel={s.running.cancel} />
      ) : (
        <Button variant="primary" wide disabled={!ready} onClick={() => void (s.mode === 'add' ? addLesion() : removeNow())}>
          {s.mode === 'remove' ? w('go.remove') : more ? w('go.more') : w('go')}
          <CornerDownLeft {...ICON} />
        </Button>
      )}
      {s.refusal && s.maskKey === key ? (
        <NoticeBox
          level="warn"
          happened={w('refused')}
          todo={sentence(s.refusal.words)}
          actions={[...(s.refusal.moved ? [{ label: w('move'), run: moveItForMe }] : []), ...(s.refusal.final ? [] : [{ label: w('insist'), run: () => void addLesion(true) }]), { label: w('dismiss'), run: dismissRefusal }]}
        />
      ) : (
        !ready && !s.running && <p className="hint">{s.mode === 'remove' ? w('hint.remove') : w('hint', { organ: w(modality === 'CT' ? 'organ.lung' : 'organ.brain'), kind: w(`kind.${kindWords(s.modelId)}`) })}</p>
      )}
      {s.warnings.map((warning) => (
        <NoticeBox key={warning.code} level={warning.code === 'non-commercial' || warning.code === 'already-synthetic' ? 'note' : 'warn'} happened={sentence(warning.text)} />
      ))}
      {s.mode === 'add' && s.how && <Fold label={w('how')}><p className="hint">{sentence(s.how)}</p></Fold>}
    </PanelSection>
  );
}

/** Before there is a lesion, "Another" draws another shape at the same place. */
function nextShape(): void {
  lesionStore.setState((s) => ({ seed: s.seed + 1 }));
  redrawShape();
}

function Foot() {
  const generated = useGenerated();
  const lesion = generated !== null && (generated.info.kind === 'lesion-insert' || generated.info.kind === 'lesion-remove');
  const draft = useLesion(hasDraft);
  return (
    <PanelFoot>
      <Button disabled={!lesion || !draft} onClick={keepLesion}>{w('keep')}</Button>
      <Button icon={<Download {...ICON} />} disabled={!lesion} onClick={() => void exportWithMask()}>{w('export')}</Button>
    </PanelFoot>
  );
}

/** `[` `]` brush, N another, Enter go. */
function useLesionKeys(): void {
  useEffect(
    () =>
      claimKeys((event) => {
        // Before Ctrl is looked at: on many keyboards these two are typed with AltGr, which counts as Ctrl + Alt.
        if (event.key === '[' || event.key === ']') {
          resizeBrush(event.key === ']' ? 1.2 : 1 / 1.2);
          return true;
        }
        if (event.ctrlKey || event.metaKey) return false;
        const target = event.target as HTMLElement | null;
        if (event.key.toLowerCase() === 'n' && lesionStore.getState().mode === 'add') {
          void (hasDraft() ? another() : nextShape());
          return true;
        }
        if (event.key === 'Enter' && !target?.closest('button, a, [role=radio], [role=tab]')) {
          const { mode } = lesionStore.getState();
          void (mode === 'add' ? addLesion() : removeNow());
          return true;
        }
        return false;
      }),
    [],
  );
}
