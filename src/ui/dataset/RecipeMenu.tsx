import { Menu } from '@base-ui/react/menu';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { copyRecipe, loadRecipeFile, saveRecipe, takeRecipe } from '../../state/datasetFiles';
import { announce } from '../../state/notices';
import { Button } from '../controls/Button';
import { popupRoot } from '../controls/popupRoot';
import { w } from './words';

/** Load, copy and paste recipes. Pasting opens a field in place, not a dialog. */
export function RecipeMenu() {
  const [pasting, setPasting] = useState(false);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const take = async () => {
    const outcome = await takeRecipe(text);
    if (outcome !== true) {
      setWrong(outcome);
      return;
    }
    setPasting(false);
    setText('');
    setWrong('');
  };
  return (
    <>
      <Menu.Root>
        <Menu.Trigger className="icon-btn" aria-label={w('more')}>
          <Ellipsis size={16} strokeWidth={1.5} aria-hidden="true" />
        </Menu.Trigger>
        <Menu.Portal container={popupRoot()}>
          <Menu.Positioner className="popup-positioner" sideOffset={4} align="end">
            <Menu.Popup className="popup">
              <Menu.Item className="option" onClick={() => void saveRecipe()}>
                {w('saveRecipe')}
              </Menu.Item>
              <Menu.Item className="option" onClick={loadRecipeFile}>
                {w('loadRecipe')}
              </Menu.Item>
              <Menu.Item className="option" onClick={() => setPasting(true)}>
                {w('pasteRecipe')}
              </Menu.Item>
              <Menu.Item className="option" onClick={() => void copyRecipe().then((done) => done && announce(w('shareRecipe.done')))}>
                {w('shareRecipe')}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {pasting && (
        <div className="paste">
          <textarea className="field" rows={5} autoFocus spellCheck={false} aria-label={w('pasteRecipe')} aria-invalid={wrong !== '' || undefined} value={text} onChange={(e) => setText(e.currentTarget.value)} />
          {wrong && (
            <p className="field-error" role="alert">
              {wrong}
            </p>
          )}
          <div className="row end">
            <Button small onClick={() => setPasting(false)}>
              {w('cancel')}
            </Button>
            <Button small disabled={!text.trim()} onClick={() => void take()}>
              {w('pasteRecipe.go')}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}
