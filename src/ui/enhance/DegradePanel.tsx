import { useEffect } from 'react';
import { changeDegrade, closeDegrade, degradeNow, trackOf, useDegrade } from '../../state/degrade';
import { useStage } from '../../state/stage';
import { useView } from '../../state/view';
import { Button, RunningButton } from '../controls/Button';
import { KeyCap } from '../controls/KeyCap';
import { NoticeBox } from '../controls/NoticeBox';
import { PanelFoot, PanelSection } from '../controls/Panel';
import { Segmented } from '../controls/Segmented';
import { Switch } from '../controls/Switch';
import { t } from '../strings/t';
import { cssGradient } from '../maps/colormaps';
import { errorLimit, METHOD_NAMES } from './recoveryNames';
import { figure } from '../viewport/format';

/** Reduce the slice, bring it back by every method, and see what each makes up. */
export default function DegradePanel() {
  const state = useDegrade((s) => s);
  const gallery = useView((s) => s.gallery);
  useEffect(() => closeDegrade, []); // the way back goes with the panel
  const best = Math.max(...state.recoveries.map((r) => r.psnr));
  const worst = Math.min(...state.recoveries.map((r) => r.psnr));
  const width = (psnr: number) => `${30 + (70 * (psnr - worst)) / Math.max(1e-6, best - worst)}%`;
  const limit = errorLimit(state.recoveries);
  const original = useStage((s) => s.original);
  const ct = original?.raster.unit === 'HU';
  const track = trackOf(state, original);
  return (
    <>
      <PanelSection>
        <span>{t('degrade.by')}</span>
        <Segmented
          wide
          label={t('degrade.by')}
          value={String(state.scale)}
          onChange={(v) => changeDegrade({ scale: v === '4' ? 4 : 2 })}
          options={[
            { value: '2', label: '×2' },
            { value: '4', label: '×4' },
          ]}
        />
        <span>{t('degrade.how')}</span>
        <Segmented
          wide
          label={t('degrade.how')}
          value={track}
          onChange={(next) => changeDegrade({ track: next })}
          options={[
            { value: 'kspace', label: t('enhance.operator.K') },
            { value: 'bicubic', label: t('enhance.operator.I') },
          ]}
        />
        <Switch label={t('degrade.maps')} hint={t(ct ? 'degrade.maps.hu' : 'degrade.maps.hint')} checked={state.maps} onChange={(maps) => changeDegrade({ maps })} />
        <div className="map-scale" style={{ backgroundImage: cssGradient('inferno') }} />
        <div className="map-scale-numbers hint num">
          <span>0</span>
          <span>{limit ? figure(limit / 2) : '–'}</span>
          <span>{limit ? figure(limit) : '–'}</span>
        </div>
      </PanelSection>
      <PanelSection>
        {state.running ? (
          <RunningButton label={t('jobs.of', { done: state.recoveries.length, total: state.total })} fraction={state.recoveries.length / state.total} cancelLabel={t('app.cancel')} onCancel={state.running} />
        ) : (
          <Button variant="primary" wide onClick={() => void degradeNow()}>
            {t('degrade.go')}
          </Button>
        )}
      </PanelSection>
      <PanelSection label={t('degrade.psnr')} aside={<span className="hint">{t('degrade.thisSlice')}</span>}>
        <ul className="psnr-bars">
          {state.recoveries.map((r) => (
            <li key={r.method} className={r.psnr === best ? 'best' : ''}>
              <span>{t(METHOD_NAMES[r.method])}</span>
              <span className="psnr-track">
                <i className={r.backend === 'none' ? '' : 'made'} style={{ width: width(r.psnr) }} />
              </span>
              <span className="num">{r.psnr.toFixed(1)}</span>
            </li>
          ))}
        </ul>
      </PanelSection>
      <PanelSection>
        <Switch label={t('degrade.names')} checked={state.names} onChange={(names) => changeDegrade({ names })} />
        <NoticeBox
          level="note"
          happened=""
          todo={
            <>
              {t('degrade.ask')} <KeyCap>N</KeyCap>.
            </>
          }
        />
      </PanelSection>
      {gallery && (
        <PanelFoot>
          <Button onClick={closeDegrade}>{t('degrade.back')}</Button>
        </PanelFoot>
      )}
    </>
  );
}
