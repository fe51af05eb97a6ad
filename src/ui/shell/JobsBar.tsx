import { Check, Info, OctagonAlert, Pause, Play, TriangleAlert, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { secondsLeft, useJobs, type Job } from '../../state/jobs';
import { useNotices } from '../../state/notices';
import { useOffline } from '../../state/offline';
import { setView, useView } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { t } from '../strings/t';

function left(job: Job): string {
  if (job.phase.kind !== 'running') return '';
  if (job.phase.paused) return t('jobs.paused');
  const seconds = secondsLeft(job.phase);
  if (seconds === null) return '';
  if (seconds < 90) return t('jobs.left.s', { n: seconds });
  return t('jobs.left.min', { m: Math.floor(seconds / 60), s: seconds % 60 });
}

/** What runs: two in the bar, the longest under way first so that none changes its place while short ones come and go; the rest over it. */
export function JobsBar() {
  const jobs = useJobs((s) => s.jobs);
  const [open, setOpen] = useState(false);
  const running = jobs.filter((j) => j.phase.kind === 'running').reverse();
  const more = running.slice(2);
  return (
    <footer className="jobs-bar" aria-label={t('jobs.name')}>
      {running.length > 0 ? running.slice(0, 2).map((job) => <RunningJob key={job.id} job={job} />) : <LastJob job={jobs[0]} />}
      {more.length > 0 && (
        <button type="button" className="more-jobs-button num" aria-expanded={open} aria-label={t('jobs.more', { n: more.length })} onClick={() => setOpen(!open)}>
          +{more.length}
        </button>
      )}
      {open && more.length > 0 && (
        <div className="more-jobs">
          {more.map((job) => (
            <RunningJob key={job.id} job={job} />
          ))}
        </div>
      )}
      <span className="grow" />
      <OfflineState />
      <NoticesButton />
    </footer>
  );
}

function RunningJob({ job }: { job: Job }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (job.phase.kind !== 'running') return null;
  const { done, total, paused } = job.phase;
  const fraction = total ? done / total : 0;
  return (
    <div className="job">
      <strong className="cut">{job.name}</strong>
      {total > 1 && <span className="num job-count">{t('jobs.of', { done, total })}</span>}
      <span className={paused ? 'job-track paused' : 'job-track'} role="progressbar" aria-label={job.name} aria-valuemin={0} aria-valuemax={total} aria-valuenow={done}>
        <i style={{ transform: `scaleX(${fraction})` }} />
      </span>
      <span className="num job-left">{left(job)}</span>
      {job.canPause && <IconButton label={t(paused ? 'jobs.resume' : 'jobs.pause', { name: job.name })} icon={paused ? <Play size={14} strokeWidth={1.5} /> : <Pause size={14} strokeWidth={1.5} />} onClick={paused ? job.resume : job.pause} />}
      <IconButton label={t('jobs.cancel', { name: job.name })} icon={<X size={14} strokeWidth={1.5} />} onClick={job.cancel} />
    </div>
  );
}

function LastJob({ job }: { job: Job | undefined }) {
  if (!job) return <span className="small">{t('jobs.none')}</span>;
  const { phase } = job;
  if (phase.kind === 'done') {
    return (
      <span className="small job-done">
        <Check size={14} strokeWidth={1.5} aria-hidden="true" />
        {t('jobs.took', { summary: phase.summary, seconds: phase.seconds < 10 ? phase.seconds.toFixed(1) : Math.round(phase.seconds) })}
      </span>
    );
  }
  if (phase.kind === 'failed') return <span className="small err-text">{t('jobs.failed', { name: job.name })}</span>;
  return <span className="small">{t('jobs.cancelled', { name: job.name })}</span>;
}

/** Keeping everything for work without a server, and that it is kept. */
function OfflineState() {
  const { phase, bytesKept, bytesTotal } = useOffline((s) => s);
  const page = useView((s) => s.page);
  const mb = (bytes: number) => Math.round(bytes / 1e6);
  if (phase === 'keeping') return <span className="small num">{t('offline.keeping', { done: mb(bytesKept), total: mb(bytesTotal) })}</span>;
  if (phase !== 'complete' || page !== 'start') return null;
  return (
    <span className="small job-done num">
      <Check size={14} strokeWidth={1.5} aria-hidden="true" />
      {t('offline.ready', { n: mb(bytesKept) })}
    </span>
  );
}

function NoticesButton() {
  const notices = useNotices((s) => s.notices);
  const open = useView((s) => s.noticesOpen);
  const worst = notices.some((n) => n.level === 'err') ? 'err' : notices.some((n) => n.level === 'warn') ? 'warn' : 'note';
  const Icon = { err: OctagonAlert, warn: TriangleAlert, note: Info }[worst];
  const text = notices.length === 0 ? t('notice.none') : notices.length === 1 ? t('notice.one') : t('notice.many', { n: notices.length });
  return (
    <button type="button" className={`notices-button ${notices.length ? worst : ''}`} aria-expanded={open} disabled={notices.length === 0} onClick={() => setView({ noticesOpen: !open })}>
      {notices.length > 0 && <Icon size={14} strokeWidth={1.5} aria-hidden="true" />}
      {text}
    </button>
  );
}
