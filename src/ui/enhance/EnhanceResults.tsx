import { useEffect, useState } from 'react';
import { setLayersVisible } from '../../state/layerVisibility';
import { putLayer, removeLayer, useLayers } from '../../state/layers';
import { robustLimit } from '../../state/difference';
import { useGenerated, useStage } from '../../state/stage';
import { bringMap } from '../../state/meterMap';
import { cardOf, openCard, type CardFigure } from '../../state/modelCard';
import type { ResultFigures } from '../../state/enhance';
import { TextButton } from '../controls/Button';
import { Meter, zoneOf } from '../controls/Meter';
import { PanelSection } from '../controls/Panel';
import { Stat, Stats } from '../controls/Stat';
import { t } from '../strings/t';
import { number } from '../viewport/format';

/** Ends of the zones: in 1/255 of the model range, for CT in HU (whose range is 4096 HU, of which a tissue fills little). */
const ZONES = { grey: [4, 8, 16], HU: [8, 16, 32] } as const;
const read = (meter: ResultFigures['meter']): number => (meter.unit === 'HU' ? meter.rmse : meter.rmse255);
const MAP = 'enhance/meter';

/** What came out: the meter, and the figures. The room is there before they come. */
export function EnhanceResults({ figures, consistent, modelId }: { figures: ResultFigures | null; consistent: boolean; modelId: string | null }) {
  const original = useStage((s) => s.original);
  const index = useStage((s) => s.shownIndex);
  const generated = useGenerated();
  const gain = useCardFigure(modelId);
  const words = [t('enhance.meter.low'), t('enhance.meter.check'), t('enhance.meter.high')] as const;
  const ct = figures ? figures.meter.unit === 'HU' : original?.raster.unit === 'HU';
  const zones = ct ? ZONES.HU : ZONES.grey;
  const value = figures ? read(figures.meter) : null;
  const zone = value === null ? null : zoneOf(value, zones);
  const result = generated?.slice;
  const sentence = !figures
    ? t('enhance.meter.waiting')
    : consistent
      ? t('enhance.meter.sentence', { before: number(read(figures.before), 1), after: number(read(figures.meter), 1) })
      : t('enhance.meter.sentence.off');
  return (
    <>
      <PanelSection label={figures ? t('enhance.meter.slice', { n: index + 1 }) : t('enhance.meter')} aside={<MeterMap figures={figures} />}>
        <div className="row meter-head">
          <span key={value === null ? 'dash' : 'value'} className="grow">
            <span className="figure">{value === null ? '–' : number(value, 1)}</span> <span className="unit">{t(ct ? 'enhance.meter.hu' : 'enhance.meter.unit')}</span>
          </span>
          <strong className={zone === 2 ? 'err-text' : zone === 1 ? 'warn-text' : ''}>{zone === null ? '' : capital(words[zone])}</strong>
        </div>
        <Meter label={t('enhance.meter')} value={value} before={figures && consistent ? read(figures.before) : null} zones={zones} words={words} />
        <p className="hint meter-sentence">{sentence}</p>
      </PanelSection>
      <PanelSection>
        <Stats>
          <Stat name={t('enhance.matrix')} value={original && result ? `${sizes(original.raster)} → ${sizes(result.raster)}` : null} />
          <Stat
            name={t('enhance.spacing')}
            value={original?.pixelSpacingMm && result?.pixelSpacingMm ? `${number(original.pixelSpacingMm[1], 2)} → ${number(result.pixelSpacingMm[1], 2)}` : null}
            unit="mm"
          />
          <Stat name={t('enhance.time')} value={figures ? (figures.milliseconds / 1000).toFixed(2) : null} unit="s" />
          <Stat name={t('enhance.backend')} value={figures ? (figures.backend === 'webgpu' ? 'WebGPU' : 'WASM') : null} />
          <Stat name={t('enhance.card')} value={gain?.value ?? null} unit={gain?.unit} />
        </Stats>
      </PanelSection>
      <PanelSection>
        <div className="row">
          <span className="small grow cut">
            {modelId} <span className="hint">{generated?.info.model?.sha256.slice(0, 8)}</span>
          </span>
          <TextButton disabled={!modelId} onClick={() => modelId && openCard(modelId)}>
            {t('enhance.modelCard')}
          </TextButton>
        </div>
      </PanelSection>
    </>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const sizes = (r: { width: number; height: number }) => (r.width === r.height ? `${r.width}²` : `${r.width} × ${r.height}`);

function useCardFigure(modelId: string | null): CardFigure | null {
  const [figure, setFigure] = useState<CardFigure | null>(null);
  useEffect(() => {
    let live = true;
    setFigure(null);
    if (modelId) void cardOf(modelId, false).then((card) => live && setFigure(card?.gain ?? null));
    return () => {
      live = false;
    };
  }, [modelId]);
  return figure;
}

/** Lays the meter's difference over the original. */
function MeterMap({ figures }: { figures: ResultFigures | null }) {
  const seriesId = useStage((s) => s.seriesId);
  const index = useStage((s) => s.shownIndex);
  const on = useLayers((s) => s.layers.some((l) => l.id === MAP));
  useEffect(() => {
    const map = figures?.before.map;
    if (!on || !seriesId) return;
    if (!figures) return removeLayer(MAP);
    if (!map) {
      // Those of older slices were given up: one that is looked at for a while is made again.
      const wait = setTimeout(() => void bringMap().then((made) => made || removeLayer(MAP)), 200);
      return () => clearTimeout(wait);
    }
    const limit = robustLimit(map.data);
    putLayer({
      id: MAP, kind: 'map', side: 'original', seriesId, sliceIndex: index, visible: true,
      values: map.data, width: map.width, height: map.height, colormap: 'berlin', range: [-limit, limit], threshold: null, opacity: 1, smooth: false,
      unit: figures.before.unit, title: t('enhance.meter'),
    });
  }, [on, figures, seriesId, index]);
  useEffect(() => () => removeLayer(MAP), []);
  if (!figures) return <span className="text-btn" aria-hidden="true">{'\u00a0'}</span>; // its room
  const toggle = () => {
    if (on) removeLayer(MAP);
    else if (seriesId) {
      setLayersVisible(true);
      putLayer({ id: MAP, kind: 'map', side: 'original', seriesId, sliceIndex: -1, visible: true, values: new Float32Array(1), width: 1, height: 1, colormap: 'berlin', range: [-1, 1], threshold: null, opacity: 1, smooth: false, unit: '', title: '' });
    }
  };
  return <TextButton onClick={toggle}>{t(on ? 'enhance.meter.hideMap' : 'enhance.meter.map')}</TextButton>;
}
