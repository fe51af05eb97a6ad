interface Rhythm {
  /** Something changed. */
  later(): void;
  /** What waits is saved at once: the page may not come back. */
  now(): void;
  stop(): void;
}

/**
 * When to save what changes again and again: once it was quiet for a while, and at the latest a longer while after the first
 * change. One save runs at a time; what became due meanwhile is saved by one more after it. `save` throws nothing.
 */
export function saveRhythm(save: () => Promise<void>, quietMs = 800, latestMs = 5000): Rhythm {
  let quiet: ReturnType<typeof setTimeout> | undefined, latest: ReturnType<typeof setTimeout> | undefined;
  let running = false, again = false;
  const stop = (): void => {
    clearTimeout(quiet);
    clearTimeout(latest);
    quiet = latest = undefined;
    again = false;
  };
  const due = async (): Promise<void> => {
    stop();
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await save();
    }
    running = false;
  };
  return {
    later() {
      clearTimeout(quiet);
      quiet = setTimeout(() => void due(), quietMs);
      latest ??= setTimeout(() => void due(), latestMs);
    },
    now() {
      if (quiet !== undefined) void due();
    },
    stop,
  };
}
