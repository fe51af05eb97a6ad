import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Violations of axe on what is shown now, as `rule: element` lines. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`${axeSource};0`);
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(node: Document): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe;
    const { violations } = await axe.run(document);
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 140)}`));
  });
}

export interface Scanner {
  /** Looks at what is shown now, in both themes; leaves the dark one. */
  scan(name: string): Promise<void>;
  /** Screens in which something was found. */
  found(): Record<string, string[]>;
  /** Screens looked at, once for each theme. */
  readonly looked: string[];
}

/** Collects violations over many screens, so that one run shows all of them. Motion is off: no colour half way. */
export async function scanner(page: Page): Promise<Scanner> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const all: Record<string, string[]> = {};
  const looked: string[] = [];
  return {
    scan: async (name) => {
      for (const theme of ['light', 'dark']) {
        await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
        await page.waitForTimeout(150);
        looked.push(`${name}, ${theme}`);
        all[`${name}, ${theme}`] = await violations(page);
      }
    },
    found: () => Object.fromEntries(Object.entries(all).filter(([, v]) => v.length > 0)),
    looked,
  };
}
