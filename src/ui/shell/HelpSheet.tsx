import { X } from 'lucide-react';
import { useState } from 'react';
import { setView } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { KeyCap } from '../controls/KeyCap';
import { t, type StringKey } from '../strings/t';
import type { ActionId } from './actions';
import { usePressed } from './keys';

interface Row {
  readonly name: StringKey;
  /** As they stand on the keyboard; `key.…` are words. */
  readonly keys: readonly (readonly string[])[];
  readonly actions?: readonly ActionId[];
}

const GROUPS: readonly { readonly name: StringKey; readonly rows: readonly Row[] }[] = [
  {
    name: 'help.slices',
    rows: [
      { name: 'help.step', keys: [['↑', '↓']], actions: ['previous', 'next'] },
      { name: 'help.jump', keys: [['key.pageUp', 'key.pageDown']], actions: ['back5', 'forward5'] },
      { name: 'help.ends', keys: [['key.home', 'key.end']], actions: ['first', 'last'] },
      { name: 'stage.fit', keys: [['=']], actions: ['fit'] },
      { name: 'help.zoomInOut', keys: [['+', '−']], actions: ['zoomIn', 'zoomOut'] },
      { name: 'stage.reset', keys: [['key.space']], actions: ['reset'] },
      { name: 'stage.invert', keys: [['I']], actions: ['invert'] },
      { name: 'help.flip', keys: [['H', 'V']], actions: ['flipH', 'flipV'] },
      { name: 'stage.rotate', keys: [['R']], actions: ['rotate'] },
      { name: 'stage.cine', keys: [['C']], actions: ['cine'] },
      { name: 'help.smooth', keys: [['N']], actions: ['smooth'] },
    ],
  },
  {
    name: 'help.ctWindow',
    rows: [
      { name: 'preset.soft', keys: [['1']], actions: ['preset1'] },
      { name: 'preset.lung', keys: [['2']], actions: ['preset2'] },
      { name: 'preset.bone', keys: [['3']], actions: ['preset3'] },
      { name: 'preset.brain', keys: [['4']], actions: ['preset4'] },
    ],
  },
  {
    name: 'stage.compare',
    rows: [
      { name: 'stage.swipe', keys: [['S']], actions: ['swipe'] },
      { name: 'stage.blink', keys: [['K']], actions: ['blink'] },
      { name: 'stage.diff', keys: [['D']], actions: ['difference'] },
      { name: 'help.link', keys: [['L']], actions: ['link'] },
    ],
  },
  {
    name: 'stage.tools',
    rows: [
      { name: 'help.windowPanZoom', keys: [['W', 'P', 'Z']], actions: ['window', 'pan', 'zoom'] },
      { name: 'tool.probe', keys: [['Q']], actions: ['probe'] },
      { name: 'tool.region', keys: [['M']], actions: ['region'] },
      { name: 'help.brush', keys: [['B', 'E']], actions: ['brush', 'eraser'] },
      { name: 'help.brushSize', keys: [['[', ']']] },
      { name: 'help.undo', keys: [['key.ctrl', 'Z'], ['key.ctrl', 'Y']], actions: ['undo', 'redo'] },
      { name: 'app.cancel', keys: [['key.esc']], actions: ['cancel'] },
      { name: 'help.list', keys: [['?']], actions: ['help'] },
    ],
  },
  {
    name: 'help.mouse',
    rows: [
      { name: 'tool.window', keys: [['key.left']] },
      { name: 'tool.pan', keys: [['key.middle'], ['key.shift', 'key.left']] },
      { name: 'tool.zoom', keys: [['key.right'], ['key.ctrl', 'key.wheel']] },
      { name: 'help.slice', keys: [['key.wheel']] },
      { name: 'help.maximise', keys: [['key.double']] },
    ],
  },
  {
    name: 'help.touch',
    rows: [
      { name: 'help.chosen', keys: [['key.finger1']] },
      { name: 'help.zoomPan', keys: [['key.finger2']] },
      { name: 'help.slice', keys: [['key.finger3']] },
    ],
  },
];

const capText = (key: string): string => (key.startsWith('key.') ? t(key as StringKey) : key);

/** A sheet over the lower stage, not a dialog: the keys go on working and light up in it. */
export default function HelpSheet() {
  const pressed = usePressed();
  const [query, setQuery] = useState('');
  const found = (row: Row) => t(row.name).toLowerCase().includes(query.trim().toLowerCase());
  return (
    <section className="help-sheet" aria-label={t('help.title')}>
      <div className="help-head">
        <h2>{t('help.title')}</h2>
        <span className="small grow cut">{t('help.about')}</span>
        <input className="field" type="search" placeholder={t('help.find')} aria-label={t('help.find')} value={query} onChange={(e) => setQuery(e.currentTarget.value)} />
        <IconButton label={t('app.close')} icon={<X size={16} strokeWidth={1.5} />} onClick={() => setView({ helpOpen: false })} />
      </div>
      <div className="help-groups" tabIndex={0} role="group" aria-label={t('help.title')}>
        {GROUPS.map((group) => {
          const rows = group.rows.filter(found);
          if (rows.length === 0) return null;
          return (
            <section key={group.name}>
              <h3>{t(group.name)}</h3>
              <ul>
                {rows.map((row) => (
                  <li key={row.name} className={pressed && row.actions?.includes(pressed) ? 'help-row lit' : 'help-row'}>
                    <span>{t(row.name)}</span>
                    <span className="help-keys">
                      {row.keys.map((chord, i) => (
                        <span key={i} className="row">
                          {i > 0 && <span className="hint">{t('help.or')}</span>}
                          {chord.map((key) => (
                            <KeyCap key={key}>{capText(key)}</KeyCap>
                          ))}
                        </span>
                      ))}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </section>
  );
}
