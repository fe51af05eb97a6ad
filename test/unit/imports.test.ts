import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => /\.tsx?$/.test(f)).map((f) => join(src, f));
const known = new Set(files);

/** Files that a file imports: values, types and those that are loaded later alike. */
const importsOf = (file: string): string[] =>
  ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.flatMap(({ fileName }) => {
    const base = resolve(dirname(file), fileName);
    return ['', '.ts', '.tsx', '/index.ts'].map((end) => base + end).filter((f) => known.has(f)).slice(0, 1);
  });

/** The first circle that a walk along the imports comes upon, or null. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] | null => {
    const at = way.indexOf(file);
    if (at >= 0) return [...way.slice(at), file];
    if (done.has(file)) return null;
    done.add(file);
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle) return circle;
    }
    return null;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return null;
}

it('no file imports itself by way of others', () => {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  expect([...imports.values()].flat().length).toBeGreaterThan(1000);
  expect(findCircle(imports)?.map((file) => file.slice(src.length + 1)) ?? []).toEqual([]);
});

it('a circle would be found, also one through several files', () => {
  expect(findCircle(new Map([['a', ['b']], ['b', []], ['c', ['b', 'd']], ['d', ['e']], ['e', ['c']]]))).toEqual(['c', 'd', 'e', 'c']);
});
