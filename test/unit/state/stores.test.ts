import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StudioError, throwIfAborted } from '../../../src/core/errors';
import { doEdit, historyStore, redo, undo } from '../../../src/state/history';
import { jobsStore, runJob, secondsLeft } from '../../../src/state/jobs';
import { layersStore, putLayer, removeLayers, type RectLayer } from '../../../src/state/layers';
import { addDerived, derivedUnder, libraryStore, removeDerived, restoreDerived } from '../../../src/state/library';
import { keepDraft, measureStore, restoreMeasurements, setDraft } from '../../../src/state/measure';
import { dismissNotice, noticesStore, postError, postNotice } from '../../../src/state/notices';
import { packSession, unpackSession } from '../../../src/state/sessionPack';
import { changeCamera, cameraOf, resetView, setLinked, setView, viewStore } from '../../../src/state/view';

beforeEach(() => {
  noticesStore.setState({ notices: [], spoken: '' });
  jobsStore.setState({ jobs: [] });
  historyStore.setState({ past: [], future: [] });
  libraryStore.setState({ items: [], derived: [] });
  resetView();
});

describe('jobs', () => {
  it('a job that works ends done and says so', async () => {
    const result = await runJob({ name: 'Add', kind: 'test', total: 2, summary: (n) => `Made ${n}` }, async ({ progress }) => {
      progress(1, 2);
      expect(jobsStore.getState().jobs[0]!.phase).toMatchObject({ kind: 'running', done: 1, total: 2 });
      return 2;
    });
    expect(result).toBe(2);
    expect(jobsStore.getState().jobs[0]!.phase).toMatchObject({ kind: 'done', summary: 'Made 2' });
    expect(noticesStore.getState().spoken).toBe('Made 2');
  });

  it('a failure becomes a notice in human words; a cancelled job is silent', async () => {
    await runJob({ name: 'Fail', kind: 'test', total: 1 }, () => Promise.reject(new StudioError('model/not-found', 'x.onnx')));
    expect(jobsStore.getState().jobs[0]!.phase.kind).toBe('failed');
    expect(noticesStore.getState().notices[0]).toMatchObject({ level: 'err', code: 'model/not-found', happened: 'The model file could not be loaded.' });
    noticesStore.setState({ notices: [] });
    const running = runJob({ name: 'Long', kind: 'test', total: 1 }, async ({ signal, checkpoint }) => {
      await checkpoint();
      await new Promise((resolve) => setTimeout(resolve, 5));
      throwIfAborted(signal);
      return 1;
    });
    jobsStore.getState().jobs[0]!.cancel();
    expect(await running).toBeUndefined();
    expect(jobsStore.getState().jobs[0]!.phase.kind).toBe('cancelled');
    expect(noticesStore.getState().notices).toEqual([]);
  });

  it('an error opens the list of notices in the step that posts it; a warning does not; the last dismissed closes it', () => {
    postNotice({ level: 'warn', happened: 'A.', todo: 'B.' });
    expect(viewStore.getState().noticesOpen).toBe(false);
    const opened: boolean[] = [];
    const end = noticesStore.subscribe(() => opened.push(viewStore.getState().noticesOpen));
    postError(new StudioError('model/not-found', 'x.onnx'));
    end();
    expect(opened).toEqual([true]);
    setView({ noticesOpen: false });
    postError(new StudioError('model/not-found', 'x.onnx'));
    expect(viewStore.getState().noticesOpen).toBe(true);
    for (const { id } of noticesStore.getState().notices) dismissNotice(id);
    expect(viewStore.getState().noticesOpen).toBe(false);
  });

  it('a paused job waits at its checkpoint until it is resumed', async () => {
    const seen: string[] = [];
    const running = runJob({ name: 'Paused', kind: 'test', total: 1, canPause: true }, async ({ checkpoint }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await checkpoint();
      seen.push('after');
      return 1;
    });
    const job = jobsStore.getState().jobs[0]!;
    job.pause();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen).toEqual([]);
    job.resume();
    await running;
    expect(seen).toEqual(['after']);
  });

  it('those that run are never dropped, however many short ones come after', async () => {
    let end = () => {};
    const build = runJob({ name: 'Build', kind: 'dataset', total: 1 }, () => new Promise<void>((resolve) => (end = resolve)));
    for (let i = 0; i < 30; i++) await runJob({ name: `Short ${i}`, kind: 'test', total: 1 }, () => Promise.resolve(i));
    const { jobs } = jobsStore.getState();
    expect(jobs.at(-1)).toMatchObject({ name: 'Build', phase: { kind: 'running' } });
    expect(jobs.length).toBeLessThan(15);
    end();
    await build;
    expect(jobsStore.getState().jobs.at(-1)!.phase.kind).toBe('done');
  });

  it('remaining time is told from what is done, and not before', () => {
    const phase = { kind: 'running', done: 5, total: 20, from: 0, startedAt: 1000, paused: false } as const;
    expect(secondsLeft(phase, 11000)).toBe(30);
    expect(secondsLeft({ ...phase, done: 0 }, 11000)).toBeNull();
    expect(secondsLeft({ ...phase, from: null }, 11000)).toBeNull();
    expect(secondsLeft({ ...phase, done: 6, total: 12 }, 120_600)).toBe(120);
  });

  it('earlier work and pauses do not count for it; what ends in a pause does', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const left = () => secondsLeft(jobsStore.getState().jobs[0]!.phase);
    await runJob({ name: 'Resumed', kind: 'test', total: 120, canPause: true }, ({ progress }) => {
      const job = jobsStore.getState().jobs[0]!;
      now.mockReturnValue(5000); // models load
      progress(60, 120);
      expect(left()).toBeNull();
      now.mockReturnValue(8000);
      progress(61, 120);
      expect(left()).toBe(177);
      job.pause();
      now.mockReturnValue(11_000);
      progress(62, 120);
      now.mockReturnValue(600_000);
      job.resume();
      expect(left()).toBe(174);
      return Promise.resolve();
    });
    now.mockRestore();
  });
});

describe('notices', () => {
  it('the same notice is not posted twice, and aborting posts none', () => {
    postError(new StudioError('storage/full'));
    postError(new StudioError('storage/full'));
    postError(Object.assign(new Error('stop'), { name: 'AbortError' }));
    expect(noticesStore.getState().notices).toHaveLength(1);
  });
});

describe('history', () => {
  it('undo and redo run the edits back and forth; a new edit drops what was undone', () => {
    const values: number[] = [];
    const push = (n: number) => doEdit({ label: String(n), redo: () => values.push(n), undo: () => values.pop() });
    push(1);
    push(2);
    undo();
    expect(values).toEqual([1]);
    redo();
    expect(values).toEqual([1, 2]);
    undo();
    push(3);
    redo();
    expect(values).toEqual([1, 3]);
  });
});

describe('library', () => {
  it('names no two derived series alike and never reuses an id of one that came back', () => {
    const first = addDerived({ sourceId: 's', kind: 'super-resolution', name: '×2, faithful', total: 1 });
    const second = addDerived({ sourceId: 's', kind: 'super-resolution', name: '×2, faithful', total: 1 });
    expect(second.name).toBe('×2, faithful (2)');
    removeDerived(first.id);
    restoreDerived({ ...first, id: 'derived-99' });
    const third = addDerived({ sourceId: 's', kind: 'super-resolution', name: 'x', total: 1 });
    expect(new Set(derivedUnder('s').map((d) => d.id)).size).toBe(3);
    expect(third.id).not.toBe(second.id);
  });
});

describe('layers', () => {
  it('are replaced by id in their place and removed by prefix', () => {
    const rect: RectLayer = { id: 'a/1', kind: 'rect', side: 'both', seriesId: null, sliceIndex: null, visible: true, x: 0, y: 0, rectWidth: 1, rectHeight: 1, width: 4, height: 4, style: 'region' };
    putLayer(rect);
    putLayer({ ...rect, id: 'b' });
    putLayer({ ...rect, x: 2 });
    expect(layersStore.getState().layers.map((l) => [l.id, (l as RectLayer).x])).toEqual([['a/1', 2], ['b', 0]]);
    removeLayers('a/');
    expect(layersStore.getState().layers.map((l) => l.id)).toEqual(['b']);
    removeLayers('');
  });
});

describe('cameras', () => {
  it('linked cells share one; unlinked ones go their own way; linking again takes the focused one', () => {
    changeCamera('original', (c) => ({ ...c, zoom: 2 }));
    expect(cameraOf(viewStore.getState(), 'derived:1').zoom).toBe(2);
    setLinked(false, 0);
    changeCamera('derived:1', (c) => ({ ...c, zoom: 5 }));
    expect(cameraOf(viewStore.getState(), 'original').zoom).toBe(2);
    setView({ focused: 'derived:1' });
    setLinked(true, 0);
    expect(cameraOf(viewStore.getState(), 'original').zoom).toBe(5);
  });
});

describe('session files', () => {
  it('bring back numbers, arrays of every kind, maps and files', async () => {
    const value = {
      a: 1.5, inf: Infinity, text: 'ß', none: null, list: [1, { b: Float32Array.from([1, NaN, -0]) }],
      map: new Map<string, unknown>([['k', Int16Array.from([-5, 7])]]), file: new Blob(['hello']),
    };
    const back = (await unpackSession(packSession(value))) as { inf: number; list: [number, { b: Float32Array }]; map: Map<string, Int16Array>; file: Blob };
    expect(back.inf).toBe(Infinity);
    expect([...back.list[1].b]).toEqual([1, NaN, -0]);
    expect([...back.map.get('k')!]).toEqual([-5, 7]);
    expect(await back.file.text()).toBe('hello');
  });

  it('refuse what is not one, and one that ends too early', async () => {
    await expect(unpackSession(new Blob(['PK nothing']))).rejects.toMatchObject({ code: 'session/invalid' });
    const whole = packSession({ a: new Float32Array(100) });
    await expect(unpackSession(whole.slice(0, whole.size - 40))).rejects.toMatchObject({ code: 'session/invalid' });
  });
});

describe('measurements', () => {
  it('that come back with a session keep their ids apart from new ones, so that undo takes one back', () => {
    const old = { id: 900, kind: 'length', seriesId: 's', sliceIndex: 0, points: [{ x: 0, y: 0 }, { x: 5, y: 0 }] } as const;
    restoreMeasurements([old]);
    for (let i = 0; i < 2; i++) {
      setDraft({ ...old, points: [{ x: 0, y: 0 }, { x: 9, y: 9 }] });
      keepDraft(1);
    }
    expect(new Set(measureStore.getState().measurements.map((m) => m.id)).size).toBe(3);
    undo();
    undo();
    expect(measureStore.getState().measurements).toEqual([old]);
  });
});
