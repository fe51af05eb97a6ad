import { useEffect, useState } from 'react';
import type { DeidentifyChange } from '../../pipeline/deidentifyPreview';
import type { Recipe } from '../../pipeline/recipes';
import { deidentifyChanges } from '../../state/datasetFiles';
import { postError } from '../../state/notices';
import { TextButton } from '../controls/Button';
import { Switch } from '../controls/Switch';
import { w } from './words';

interface DeidentifyRowsProps {
  settings: Recipe['deidentify'];
  onChange: (changes: Partial<Recipe['deidentify']>) => void;
}

/** On by default; what goes can be seen before. */
export function DeidentifyRows({ settings, onChange }: DeidentifyRowsProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <div className="field-row">
        <span>{w('deidentify')}</span>
        <span className="row">
          <span className={settings.enabled ? '' : 'warn-text'}>{w(settings.enabled ? 'deidentify.on' : 'deidentify.off')}</span>
          <TextButton aria-expanded={open} aria-label={`${w(open ? 'sources.done' : 'outputs.edit')}: ${w(open ? 'deidentify.hide' : 'deidentify.see')}`} onClick={() => setOpen(!open)}>
            {w(open ? 'sources.done' : 'outputs.edit')}
          </TextButton>
        </span>
      </div>
      {open && (
        <div className="deidentify">
          <Switch quiet label={w('deidentify.on')} checked={settings.enabled} hint={settings.enabled ? undefined : w('deidentify.off.warn')} onChange={(enabled) => onChange({ enabled })} />
          {settings.enabled && (
            <>
              <Switch quiet label={w('deidentify.dates')} checked={settings.dates === 'move'} onChange={(on) => onChange({ dates: on ? 'move' : 'remove' })} />
              <Switch quiet label={w('deidentify.device')} checked={settings.device} onChange={(device) => onChange({ device })} />
              <Switch quiet label={w('deidentify.descriptors')} checked={settings.descriptors} onChange={(descriptors) => onChange({ descriptors })} />
              <Switch quiet label={w('deidentify.characteristics')} checked={settings.characteristics} onChange={(characteristics) => onChange({ characteristics })} />
              <Changes settings={settings} />
            </>
          )}
          <p className="hint">{w('deidentify.pixels')}</p>
        </div>
      )}
    </>
  );
}

function Changes({ settings }: { settings: Recipe['deidentify'] }) {
  const [changes, setChanges] = useState<readonly DeidentifyChange[] | null | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    deidentifyChanges().then((found) => !gone && setChanges(found), postError);
    return () => {
      gone = true;
    };
  }, [settings]);
  if (changes === undefined) return null;
  if (changes === null) return <p className="hint">{w('deidentify.nothing')}</p>;
  return (
    <>
      <p className="hint">{w('deidentify.count', { n: changes.length })}</p>
      <div className="changes" role="region" tabIndex={0} aria-label={w('deidentify.see')}>
        <table>
          <tbody>
            {changes.map((c) => (
              <tr key={c.path.join('/')}>
                <th scope="row">{c.name}</th>
                <td className="cut">{c.after || w(c.action === 'emptied' ? 'deidentify.emptied' : 'deidentify.removed')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
