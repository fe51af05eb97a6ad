import { X } from 'lucide-react';
import { useState } from 'react';
import { setView } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { KeyCap } from '../controls/KeyCap';
import { t } from '../strings/t';
import type { ActionId } from './actions';
import { usePressed } from './keys';

interface Row {
  readonly name: string;
  readonly keys: readonly (readonly string[])[];
  readonly actions?: readonly ActionId[];
}

const GROUPS: readonly { readonly name: string; readonly rows: readonly Row[] }[] = [
  {
    name: 'Slices and view',
    rows: [
      { name: 'Previous, next slice', keys: [['↑', '↓']], actions: ['previous', 'next'] },
      { name: 'Jump 5 slices', keys: [['PgUp', 'PgDn']], actions: ['back5', 'forward5'] },
      { name: 'First, last slice', keys: [['Home', 'End']], actions: ['first', 'last'] },
      { name: 'Fit', keys: [['=']], actions: ['fit'] },
      { name: 'Zoom in, out', keys: [['+', '−']], actions: ['zoomIn', 'zoomOut'] },
      { name: 'Reset view', keys: [['Space']], actions: ['reset'] },
      { name: 'Invert', keys: [['I']], actions: ['invert'] },
      { name: 'Flip across, down', keys: [['H', 'V']], actions: ['flipH', 'flipV'] },
      { name: 'Rotate', keys: [['R']], actions: ['rotate'] },
      { name: 'Cine', keys: [['C']], actions: ['cine'] },
      { name: 'Linear, nearest', keys: [['N']], actions: ['smooth'] },
    ],
  },
  {
    name: 'CT window',
    rows: [
      { name: 'Soft tissue 400 / 40', keys: [['1']], actions: ['preset1'] },
      { name: 'Lung 1500 / −600', keys: [['2']], actions: ['preset2'] },
      { name: 'Bone 2500 / 480', keys: [['3']], actions: ['preset3'] },
      { name: 'Brain 80 / 40', keys: [['4']], actions: ['preset4'] },
    ],
  },
  {
    name: 'Compare',
    rows: [
      { name: 'Swipe', keys: [['S']], actions: ['swipe'] },
      { name: 'Blink', keys: [['K']], actions: ['blink'] },
      { name: 'Difference', keys: [['D']], actions: ['difference'] },
      { name: 'Link, unlink', keys: [['L']], actions: ['link'] },
    ],
  },
  {
    name: 'Tools',
    rows: [
      { name: 'Window, pan, zoom', keys: [['W', 'P', 'Z']], actions: ['window', 'pan', 'zoom'] },
      { name: 'Probe', keys: [['Q']], actions: ['probe'] },
      { name: 'Mark a region', keys: [['M']], actions: ['region'] },
      { name: 'Brush, eraser', keys: [['B', 'E']], actions: ['brush', 'eraser'] },
      { name: 'Brush size', keys: [['[', ']']] },
      { name: 'Undo, redo', keys: [['Ctrl', 'Z'], ['Ctrl', 'Y']], actions: ['undo', 'redo'] },
      { name: 'Cancel', keys: [['Esc']], actions: ['cancel'] },
      { name: 'This list', keys: [['?']], actions: ['help'] },
    ],
  },
  {
    name: 'Mouse',
    rows: [
      { name: 'Window and level', keys: [['Left']] },
      { name: 'Pan', keys: [['Middle'], ['Shift', 'Left']] },
      { name: 'Zoom', keys: [['Right'], ['Ctrl', 'Wheel']] },
      { name: 'Slice', keys: [['Wheel']] },
      { name: 'Maximise', keys: [['Double-click']] },
    ],
  },
  {
    name: 'Touch',
    rows: [
      { name: 'The chosen tool', keys: [['1 finger']] },
      { name: 'Zoom and pan', keys: [['2 fingers']] },
      { name: 'Slice', keys: [['3 fingers']] },
    ],
  },
];

/** A sheet over the lower stage, not a dialog: the keys go on working and light up in it. */
export default function HelpSheet() {
  const pressed = usePressed();
  const [query, setQuery] = useState('');
  const found = (row: Row) => row.name.toLowerCase().includes(query.trim().toLowerCase());
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
              <h3>{group.name}</h3>
              <ul>
                {rows.map((row) => (
                  <li key={row.name} className={pressed && row.actions?.includes(pressed) ? 'help-row lit' : 'help-row'}>
                    <span>{row.name}</span>
                    <span className="help-keys">
                      {row.keys.map((chord, i) => (
                        <span key={i} className="row">
                          {i > 0 && <span className="hint">or</span>}
                          {chord.map((key) => (
                            <KeyCap key={key}>{key}</KeyCap>
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
