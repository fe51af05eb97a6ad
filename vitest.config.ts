import { defineConfig } from 'vitest/config';

/** Long runs with real failures and other people's programs: `npm run test:long` has them, the gate leaves them out. */
const LONG = ['recovery', 'offline', 'ohif', 'webgpu'].map((name) => `test/browser/${name}.test.ts`);

/** Two projects: unit tests in Node, and tests of the built studio in a real Chromium (playwright-core). */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], environment: 'node', testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' } },
      {
        test: {
          name: 'browser', include: ['test/browser/**/*.test.ts'], exclude: process.env.VERISIM_LONG ? [] : LONG, environment: 'node', testTimeout: 240_000, hookTimeout: 240_000,
          // A real browser on a busy machine: one more try, and a failure is said as one.
          retry: 1,
          fileParallelism: false, globalSetup: ['test/browser/setup.ts'],
        },
      },
    ],
    maxWorkers: 2,
  },
});
