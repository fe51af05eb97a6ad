import { CornerDownLeft } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { ModelEntry } from '../../state/enhance';
import { agree, changeEnhance, chooseModel, enhanceNow, mustAgree, operatorOf, prepareEnhance, setScope, suits, useEnhance, useFigures } from '../../state/enhance';
import type { Slice } from '../../core/slice';
import { useStage } from '../../state/stage';
import { sentence } from '../../state/strings/say';
import { Button, RunningButton } from '../controls/Button';
import { Fold } from '../controls/Fold';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelSection } from '../controls/Panel';
import { Segmented } from '../controls/Segmented';
import { Select } from '../controls/Select';
import { Slider } from '../controls/Slider';
import { Switch } from '../controls/Switch';
import { claimKeys } from '../shell/keys';
import { NothingToWorkOn } from '../shell/NothingToWorkOn';
import { t } from '../strings/t';
import { EnhanceResults } from './EnhanceResults';
import { ExportFoot } from './ExportFoot';

const DegradePanel = lazy(() => import('./DegradePanel'));

/** What → settings → go → what came out → keep. */
export default function EnhancePanel() {
  const [mode, setMode] = useState<'enhance' | 'degrade'>('enhance');
  const original = useStage((s) => s.original);
  useEffect(() => {
    if (original) void prepareEnhance(original);
  }, [original]);
  if (!original) return <NothingToWorkOn />;
  return (
    <>
      <PanelSection>
        <Segmented
          wide
          label={t('enhance.mode')}
          value={mode}
          onChange={setMode}
          options={[
            { value: 'enhance', label: t('enhance.mode.enhance') },
            { value: 'degrade', label: t('enhance.mode.degrade') },
          ]}
        />
      </PanelSection>
      {mode === 'enhance' ? (
        <Enhance original={original} />
      ) : (
        <Suspense fallback={null}>
          <DegradePanel />
        </Suspense>
      )}
    </>
  );
}

const bytesText = (model: ModelEntry): string => {
  const bytes = Object.values(model.variants).reduce((n, v) => n + v.bytes, 0);
  return `${model.id}, ${(bytes / 1e6).toFixed(1)} MB`;
};

function Enhance({ original }: { original: Slice }) {
  const models = useEnhance((s) => s.models);
  const modelId = useEnhance((s) => s.modelId);
  const scope = useEnhance((s) => s.scope);
  const settings = useEnhance((s) => s.settings);
  const warnings = useEnhance((s) => s.warnings);
  const count = useStage((s) => s.count);
  const figures = useFigures();
  const model = models?.find((m) => m.id === modelId);
  const blends = model !== undefined && 'perceptual' in model.variants && 'faithful' in model.variants;
  const operator = operatorOf(settings, original);
  const asks = useEnhance((s) => mustAgree(s, original));
  return (
    <>
      <PanelSection>
        <Select
          label={t('enhance.model')}
          value={modelId}
          placeholder={models === null ? t('app.loading') : t('enhance.none')}
          disabled={!models?.length}
          onChange={chooseModel}
          options={(models ?? []).map((m) => ({ value: m.id, label: `${m.modality.join(', ')} ×${m.scale}`, note: bytesText(m), ...(suits(m, original) ? {} : { group: t('enhance.others') }) }))}
        />
        <Segmented
          wide
          label={t('enhance.scope')}
          value={count > 1 ? scope : 'slice'}
          onChange={setScope}
          options={[
            { value: 'slice', label: t('enhance.slice') },
            { value: 'series', label: t('enhance.series', { n: count }), disabled: count < 2 },
          ]}
        />
      </PanelSection>
      <PanelSection>
        <Slider
          label={t('enhance.blend')}
          value={settings.perceptual}
          min={0}
          max={1}
          step={0.01}
          reset={0}
          disabled={!blends}
          ends={[t('enhance.faithful'), t('enhance.perceptual')]}
          format={(v) => v.toFixed(2)}
          valueText={`${settings.perceptual.toFixed(2)} ${settings.perceptual < 0.5 ? t('enhance.faithful') : t('enhance.perceptual')}`}
          onChange={(perceptual) => changeEnhance({ perceptual })}
        />
        <Switch label={t('enhance.dc')} hint={t('enhance.dc.hint')} checked={settings.consistent} onChange={(consistent) => changeEnhance({ consistent })} />
        <Fold label={t('enhance.advanced')} note={model ? t('enhance.advanced.note', { operator: t(operator === 'kspace' ? 'enhance.operator.K' : 'enhance.operator.I'), halo: model.halo }) : ''}>
          <div className="field-row">
            <span>{t('enhance.operator')}</span>
            <Segmented
              label={t('enhance.operator')}
              value={operator}
              onChange={(next) => changeEnhance({ operator: next })}
              options={[
                { value: 'kspace', label: t('enhance.operator.K') },
                { value: 'bicubic', label: t('enhance.operator.I') },
              ]}
            />
          </div>
          <Switch label={t('enhance.averaged')} hint={t('enhance.averaged.hint')} checked={settings.averaged ?? false} onChange={(averaged) => changeEnhance({ averaged })} />
        </Fold>
      </PanelSection>
      <PanelSection>
        <GoButton ready={model !== undefined && !asks} />
        {warnings.map((w) => (
          <NoticeBox key={w.code} level={w.code === 'eight-bit' ? 'note' : 'warn'} happened={sentence(w.text)} actions={asks && w.code === 'other-modality' ? [{ label: t('enhance.agree'), run: agree }] : []} />
        ))}
      </PanelSection>
      {models !== null && <EnhanceResults figures={figures} consistent={figures?.settings.consistent ?? settings.consistent} modelId={figures?.modelId ?? modelId} />}
      <ExportFoot />
    </>
  );
}

function GoButton({ ready }: { ready: boolean }) {
  const running = useEnhance((s) => s.running);
  const scope = useEnhance((s) => s.scope);
  const count = useStage((s) => s.count);
  const series = scope === 'series' && count > 1;
  useEffect(() => claimKeys((event) => {
    const target = event.target as HTMLElement | null;
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || target?.closest('button, a, [role=radio], [role=tab]')) return false;
    if (ready) void enhanceNow();
    return true;
  }), [ready]);
  if (running) {
    const label = running.series ? t('enhance.running', { done: running.done, total: running.total }) : running.done === 0 ? t('enhance.starting') : t('enhance.running', { done: Math.min(running.total, running.done), total: running.total });
    return <RunningButton label={label} fraction={running.total ? running.done / running.total : 0} cancelLabel={t('app.cancel')} onCancel={running.cancel} />;
  }
  return (
    <Button variant="primary" wide disabled={!ready} onClick={() => void enhanceNow()}>
      {t(series ? 'enhance.go.series' : 'enhance.go.slice')}
      <CornerDownLeft size={14} strokeWidth={1.5} aria-hidden="true" />
    </Button>
  );
}
