import { defineConfig } from 'vitest/config';

/** Two projects: unit tests in Node, and tests of the built studio in a real Chromium (playwright-core). */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], environment: 'node', testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks' } },
      {
        test: {
          name: 'browser', include: ['test/browser/**/*.test.ts'], environment: 'node',
          testTimeout: 240_000, hookTimeout: 240_000,
          // A real browser on a busy machine: two more tries, each said in the report.
          retry: 2,
          globalSetup: ['test/browser/setup.ts'],
        },
      },
    ],
    maxWorkers: 2,
  },
});
