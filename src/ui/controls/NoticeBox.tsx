import { Info, OctagonAlert, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { TextButton } from './Button';
import { IconButton } from './IconButton';
import { t } from '../strings/t';

const ICON = { note: Info, warn: TriangleAlert, err: OctagonAlert };

interface NoticeBoxProps {
  level: 'note' | 'warn' | 'err';
  happened: ReactNode;
  todo?: ReactNode;
  actions?: readonly { label: string; run: () => void }[];
  onDismiss?: () => void;
}

/** What happened in bold, what to do after it; stays until dismissed. */
export function NoticeBox({ level, happened, todo, actions, onDismiss }: NoticeBoxProps) {
  const Icon = ICON[level];
  return (
    <div className={`notice ${level}`}>
      <Icon size={16} strokeWidth={1.5} aria-hidden="true" />
      <p>
        <strong>{happened}</strong> {todo}
      </p>
      {onDismiss ? <IconButton label={t('notice.dismiss')} icon={<X size={14} strokeWidth={1.5} />} onClick={onDismiss} /> : <span />}
      {actions && actions.length > 0 && (
        <div className="actions">
          {actions.map((action) => (
            <TextButton key={action.label} onClick={action.run}>
              {action.label}
            </TextButton>
          ))}
        </div>
      )}
    </div>
  );
}
