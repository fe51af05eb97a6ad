import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { serve } from '../../scripts/serve.mjs';

const root = resolve(import.meta.dirname, '../..');

/** Builds the studio (unless `npm test` just did) and serves it with its real headers for all browser tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = process.env.VERISIM_DIST ?? (process.env.VERISIM_BUILT ? `${root}/dist` : '');
  if (!built || !existsSync(`${built}/index.html`)) {
    for (const args of [['scripts/samples.mjs'], ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']]) {
      const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } });
      if (status !== 0) throw new Error('The build failed.');
    }
  }
  const server = await serve({ port: 0 });
  project.provide('address', server.address);
  return () => server.close();
}

declare module 'vitest' {
  interface ProvidedContext {
    address: string;
  }
}
