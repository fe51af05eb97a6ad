import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { saveRhythm } from '../../../src/state/saveRhythm';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('saves once it was quiet, and at the latest five seconds after the first change', async () => {
  const save = vi.fn(() => Promise.resolve());
  const { later } = saveRhythm(save);
  later();
  await vi.advanceTimersByTimeAsync(700);
  later();
  await vi.advanceTimersByTimeAsync(700);
  expect(save).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(save).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 22; i++) { // a series run: a slice each half second
    later();
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(save).toHaveBeenCalledTimes(3);
});

it('saves at once what waits, and nothing where nothing does', async () => {
  const save = vi.fn(() => Promise.resolve());
  const { later, now } = saveRhythm(save);
  now();
  later();
  now();
  expect(save).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(save).toHaveBeenCalledTimes(1);
});

it('never saves twice at a time: what came meanwhile is saved once more after it', async () => {
  const ends: (() => void)[] = [];
  const save = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const { later } = saveRhythm(save);
  later();
  await vi.advanceTimersByTimeAsync(800);
  for (let i = 0; i < 3; i++) {
    later();
    await vi.advanceTimersByTimeAsync(800);
  }
  expect(save).toHaveBeenCalledTimes(1);
  ends[0]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(save).toHaveBeenCalledTimes(2);
  ends[1]!();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(save).toHaveBeenCalledTimes(2);
});
