import { Columns2, Download, SquareDashedMousePointer } from 'lucide-react';
import { useEffect, useState } from 'react';
import { canExplainRegion, changeLook, askAgain, closeComparison, compareMethods, isLesion, isRegionMethod, leaveExplain, markLesion, setShuffle, setView, useExplain, type ExplainView } from '../../state/explain';
import { exportMap } from '../../state/exportMap';
import type { ColormapName } from '../../state/layers';
import { useGenerated, useStage } from '../../state/stage';
import { chooseTool, openTask, useView } from '../../state/view';
import { sentence } from '../../state/strings/say';
import { Button, TextButton } from '../controls/Button';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelFoot, PanelSection } from '../controls/Panel';
import { Select } from '../controls/Select';
import { Slider } from '../controls/Slider';
import { Stat, Stats } from '../controls/Stat';
import { Switch } from '../controls/Switch';
import { cssGradient } from '../maps/colormaps';
import { t, type StringKey } from '../strings/t';
import { FaithfulnessPlots } from './FaithfulnessPlots';

const METHODS: readonly { value: ExplainView; label: StringKey; note: StringKey }[] = [
  { value: 'lam', label: 'explain.method.lam', note: 'explain.note.exact50' },
  { value: 'gradient', label: 'explain.method.gradient', note: 'explain.note.exact' },
  { value: 'integrated-gradients', label: 'explain.method.integrated-gradients', note: 'explain.note.exact50' },
  { value: 'smoothgrad', label: 'explain.method.smoothgrad', note: 'explain.note.samples' },
  { value: 'occlusion', label: 'explain.method.occlusion', note: 'explain.note.any' },
  { value: 'rise', label: 'explain.method.rise', note: 'explain.note.any' },
  { value: 'difference', label: 'explain.method.difference', note: 'explain.note.whole' },
  { value: 'realism', label: 'explain.method.realism', note: 'explain.note.whole' },
  { value: 'areas', label: 'explain.method.areas', note: 'explain.note.whole' },
];
const COLORS: readonly { value: ColormapName; label: StringKey }[] = [
  { value: 'viridis', label: 'explain.color.viridis' },
  { value: 'cividis', label: 'explain.color.cividis' },
  { value: 'inferno', label: 'explain.color.inferno' },
  { value: 'berlin', label: 'explain.color.berlin' },
  { value: 'vik', label: 'explain.color.vik' },
];

/** Why is this pixel here: region → method → map with its numbers → how far it can be trusted. */
export default function ExplainPanel() {
  const state = useExplain((s) => s);
  const generated = useGenerated();
  const index = useStage((s) => s.shownIndex);
  const tool = useView((s) => s.tool);
  const [explained, setExplained] = useState(false);
  const region = isRegionMethod(state.view);
  useEffect(() => {
    askAgain();
    return leaveExplain;
  }, []);
  if (!generated) {
    return (
      <PanelSection>
        <p className="small">{t('explain.needsResult')}</p>
        <TextButton onClick={() => openTask('enhance')}>{t('stage.empty.enhance')}</TextButton>
      </PanelSection>
    );
  }
  const faith = state.result?.faithfulness;
  const percent = faith ? Math.round(faith.versusRandom * 100) : null;
  return (
    <>
      <PanelSection>
        <div className="row">
          <div className="grow">
            <span>{t('explain.region')}</span>
            <p className="hint explain-region">
              {state.region ? t('explain.region.at', { w: state.region.width, h: state.region.height, x: state.region.x, y: state.region.y, n: index + 1 }) : t('explain.region.none')}
            </p>
          </div>
          {isLesion(generated) && (
            <Button small onClick={() => void markLesion()}>
              {t('explain.lesion')}
            </Button>
          )}
          <Button small icon={<SquareDashedMousePointer size={14} strokeWidth={1.5} aria-hidden="true" />} className={tool === 'region' ? 'on' : ''} aria-pressed={tool === 'region'} onClick={() => chooseTool(tool === 'region' ? 'window' : 'region')}>
            {t('explain.mark')}
          </Button>
        </div>
        {region && !canExplainRegion(generated) && <NoticeBox level="note" happened={t('explain.onlyEnhanced')} todo={t('explain.onlyEnhanced.todo')} />}
        <Select label={t('explain.method')} value={state.view} options={METHODS.map((m) => ({ value: m.value, label: t(m.label), note: t(m.value === 'realism' && generated.info.kind === 'lesion-insert' ? 'explain.note.lesion' : m.note) }))} onChange={setView} />
      </PanelSection>
      <PanelSection>
        <Slider label={t('explain.opacity')} value={state.opacity} min={0} max={1} step={0.01} reset={0.88} format={(v) => percentText(v)} valueText={`${Math.round(state.opacity * 100)} %`} onChange={(opacity) => changeLook({ opacity })} />
        <Slider
          label={t('explain.threshold')}
          value={state.threshold}
          min={0}
          max={0.9}
          step={0.01}
          reset={0.06}
          format={(v) => (
            <>
              {Math.round(v * 100)} <span className="unit">{t('explain.ofMaximum')}</span>
            </>
          )}
          valueText={`${Math.round(state.threshold * 100)} %`}
          onChange={(threshold) => changeLook({ threshold })}
        />
        <div className="field-row">
          <span>{t('explain.colors')}</span>
          <span className="explain-colors">
            <Select
              label={t('explain.colors')}
              value={state.colormap}
              onChange={(colormap) => changeLook({ colormap })}
              options={COLORS.map((c) => ({ ...c, label: t(c.label), icon: <i className="swatch" style={{ backgroundImage: cssGradient(c.value) }} /> }))}
            />
          </span>
        </div>
        <Switch label={t('explain.smooth')} checked={state.smooth} onChange={(smooth) => changeLook({ smooth })} />
      </PanelSection>
      {region ? (
        <>
          <PanelSection label={t('explain.faithfulness')} aside={<TextButton aria-expanded={explained} onClick={() => setExplained(!explained)}>{t('explain.what')}</TextButton>}>
            {explained && <p className="hint">{t('explain.what.text')}</p>}
            <div className="row meter-head" aria-busy={state.busy}>
              <span className="grow">
                <span className="figure">{percent === null ? '–' : `${percent} %`}</span> <span className="unit">{state.busy && percent === null ? `${t('app.loading')} ${Math.round(state.progress * 100)} %` : t('explain.better')}</span>
              </span>
              <strong>{percent === null ? '' : t(percent >= 50 ? 'explain.high' : percent >= 30 ? 'explain.medium' : 'explain.low')}</strong>
            </div>
            <FaithfulnessPlots faithfulness={faith ?? null} />
            <p className="hint faith-sentence">{faith ? sentence(faith.sentence) : ''}</p>
          </PanelSection>
          <PanelSection>
            <Stats>
              <Stat name={t('explain.diffusion')} value={state.result?.diffusionIndex?.toFixed(1) ?? null} unit={t('explain.of100')} />
              <Stat name={t('explain.completeness')} value={state.result?.completenessError === undefined ? null : (state.result.completenessError * 100).toFixed(1)} unit="%" />
              <Stat name={t('explain.time')} value={state.result ? (state.result.milliseconds / 1000).toFixed(1) : null} unit={state.result ? `s, ${state.result.backend === 'webgpu' ? 'WebGPU' : 'WASM'}` : 's'} />
              <Stat name={t('explain.of')} value={state.result ? <span className="explain-of">{sentence(state.result.explains)}</span> : null} />
            </Stats>
          </PanelSection>
          <PanelSection>
            <Switch label={t('explain.shuffle')} hint={t('explain.shuffle.hint')} checked={state.shuffle} onChange={setShuffle} />
          </PanelSection>
        </>
      ) : (
        <PanelSection>
          <p className="hint">{state.busy ? t('app.loading') : state.note}</p>
        </PanelSection>
      )}
      <PanelFoot>
        {state.compared ? (
          <Button onClick={closeComparison}>{t('degrade.back')}</Button>
        ) : (
          <Button icon={<Columns2 size={14} strokeWidth={1.5} aria-hidden="true" />} disabled={!state.region} onClick={() => void compareMethods()}>
            {t('explain.compare')}
          </Button>
        )}
        <Button icon={<Download size={14} strokeWidth={1.5} aria-hidden="true" />} disabled={!state.map} onClick={() => void exportMap()}>
          {t('explain.export')}
        </Button>
      </PanelFoot>
    </>
  );
}

const percentText = (v: number) => (
  <>
    {Math.round(v * 100)} <span className="unit">%</span>
  </>
);

