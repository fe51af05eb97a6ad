import { useEffect } from 'react';
import { dismissNotice, useNotices } from '../../state/notices';
import { setView, useView } from '../../state/view';
import { NoticeBox } from '../controls/NoticeBox';
import { t } from '../strings/t';

/** Opens above the jobs bar; by itself only for an error, so that it is seen where it happened. */
export function NoticesList() {
  const notices = useNotices((s) => s.notices);
  const open = useView((s) => s.noticesOpen);
  const newest = notices[0];
  useEffect(() => {
    if (newest?.level === 'err') setView({ noticesOpen: true });
  }, [newest]);
  useEffect(() => {
    if (notices.length === 0) setView({ noticesOpen: false });
  }, [notices.length]);
  if (!open || notices.length === 0) return null;
  return (
    <section className="notices" aria-label={t('notice.title')}>
      {notices.map((n) => (
        <NoticeBox key={n.id} level={n.level} happened={n.happened} todo={n.todo} actions={n.actions} onDismiss={() => dismissNotice(n.id)} />
      ))}
    </section>
  );
}
