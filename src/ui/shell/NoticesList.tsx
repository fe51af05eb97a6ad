import { dismissNotice, useNotices } from '../../state/notices';
import { useView } from '../../state/view';
import { NoticeBox } from '../controls/NoticeBox';
import { t } from '../strings/t';

/** Above the jobs bar; an error opens it by itself, so that it is seen where it happened. */
export function NoticesList() {
  const notices = useNotices((s) => s.notices);
  const open = useView((s) => s.noticesOpen);
  if (!open || notices.length === 0) return null;
  return (
    <section className="notices" aria-label={t('notice.title')}>
      {notices.map((n) => (
        <NoticeBox key={n.id} level={n.level} happened={n.happened} todo={n.todo} actions={n.actions} onDismiss={() => dismissNotice(n.id)} />
      ))}
    </section>
  );
}
