import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { ERROR_TEXT } from '../../../src/core/errorText';
import { postError, noticesStore } from '../../../src/state/notices';
import { StudioError } from '../../../src/core/errors';
import { PRESETS } from '../../../src/dataset/presets';
import { errorsDe } from '../../../src/state/strings/errors.de';
import { saidDe } from '../../../src/state/strings/said.de';
import { saidEn } from '../../../src/state/strings/said.en';
import { say, speak } from '../../../src/state/strings/say';
import { datasetDe } from '../../../src/ui/strings/dataset.de';
import { datasetEn } from '../../../src/ui/strings/dataset.en';
import { de } from '../../../src/ui/strings/de';
import { en } from '../../../src/ui/strings/en';
import { lesionDe } from '../../../src/ui/strings/lesion.de';
import { lesionEn } from '../../../src/ui/strings/lesion.en';
import { t } from '../../../src/ui/strings/t';

type Words = Readonly<Record<string, string>>;
const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const flat = (table: Record<string, { happened: string; todo: string }>): Words =>
  Object.fromEntries(Object.entries(table).flatMap(([code, text]) => [[`${code} happened`, text.happened], [`${code} todo`, text.todo]]));
const TABLES: readonly (readonly [string, Words, Words])[] = [
  ['interface', en, de], ['dataset', datasetEn, datasetDe], ['lesion', lesionEn, lesionDe], ['stores', saidEn, saidDe], ['errors', flat(ERROR_TEXT), flat(errorsDe)],
];

describe('the words', () => {
  afterEach(() => speak());

  it('fill in their blanks', () => {
    expect(t('jobs.of', { done: 3, total: 20 })).toBe('3 of 20');
    expect(t('jobs.of', { done: 3 })).toBe('3 of {total}');
  });

  it.each(TABLES)('of %s: both languages have exactly the same keys, none empty, with the same blanks', (_, english, german) => {
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      expect([key, german[key]?.trim()]).not.toEqual([key, '']);
      expect([key, blanks(german[key] ?? '')]).toEqual([key, blanks(text)]);
    }
  });

  it('are not English in the German tables: whole sentences differ', () => {
    const same = TABLES.flatMap(([, english, german]) => Object.keys(english).filter((key) => english[key] === german[key] && /\w+ \w+ \w+/.test(english[key]!)));
    expect(same).toEqual([]);
  });

  it('name every preset, in English as the preset itself', () => {
    const titles = Object.entries(datasetEn).flatMap(([key, text]) => (key.startsWith('title.') ? [[key.slice('title.'.length), text]] : []));
    expect(titles).toEqual(PRESETS.map((p) => [p.id, p.title]));
  });

  it('carry no exclamation marks', () => {
    expect(TABLES.flatMap(([, english, german]) => [...Object.values(english), ...Object.values(german)]).filter((text) => text.includes('!'))).toEqual([]);
  });

  it('of an error follow the language', () => {
    noticesStore.setState({ notices: [], spoken: '' });
    speak({ said: saidDe, errors: errorsDe });
    postError(new StudioError('zip/corrupt'), 'a.zip');
    expect(noticesStore.getState().notices[0]).toMatchObject({ happened: errorsDe['zip/corrupt'].happened, todo: `${errorsDe['zip/corrupt'].todo} (a.zip)` });
    expect(say('job.packed', { name: 'a.zip' })).toBe('a.zip ist fertig');
  });
});

const SRC = resolve(import.meta.dirname, '../../../src');
const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? (e.name === 'strings' ? [] : files(join(folder, e.name))) : /\.tsx?$/.test(e.name) ? [join(folder, e.name)] : []));

/** Names that are the same in every language, and names of keys as the browser gives them. */
const NAMES = new Set(['WebGPU', 'SSIM', 'HaarPSI', 'PSNR', 'COCO', 'Verisim', 'SEG', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Enter', 'Escape', 'PageUp', 'PageDown', 'Delete', 'Backspace', 'Tab', 'Files', 'Space']);
/** Names that go into files: Series Description, recipe, ZIP. They are English in every language, since they are data. */
const DATA = /^state\/(?:datasetRecipe|datasetBuild|lesionRemove)\.ts:\d+: (?:'dataset'|`\$\{job\.recipe\.name\}\.zip`|`Lesion removed, slice \$\{now\.index \+ 1\}`)$/;

/** Attributes whose value is read or heard by a person. */
const SPOKEN = new Set(['label', 'title', 'name', 'hint', 'unit', 'note', 'placeholder', 'aria-label', 'aria-description', 'aria-valuetext', 'alt', 'happened', 'todo', 'valueText', 'text', 'below', 'legend', 'summary']);
/** Units and abbreviations that both languages write alike. */
const UNITS = /\b(?:mm|px|ml|MB|GB|HU|dB|ms|min|WASM|PSNR|seed|W|L|x|y|s|n|p|R|t|m)\b|[²°%×±−→–·,.:;()[\]\d\s/+*=&-]/g;

/** Text in `source` that a person would read: in elements, in attributes and properties that carry text, and as sentences anywhere. */
function literalText(file: string, source = readFileSync(file, 'utf8')): string[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const found: string[] = [];
  const wordy = (text: string) => text.replace(UNITS, '').length > 1 && !NAMES.has(text.trim()) && !NAMES.has(text.trim().split(' ')[0]!);
  const spokenBy = (node: ts.Node): boolean => {
    for (let n = node.parent; n; n = n.parent) {
      if (ts.isJsxAttribute(n)) return SPOKEN.has(n.name.getText());
      if (ts.isPropertyAssignment(n)) return SPOKEN.has(n.name.getText()) ;
      if (ts.isJsxExpression(n) && (ts.isJsxElement(n.parent) || ts.isJsxFragment(n.parent))) return true;
      // A word compared, looked up or handed to a function is a value; what a condition chooses is text.
      if (!ts.isConditionalExpression(n) && !ts.isTemplateExpression(n) && !ts.isTemplateSpan(n) && !ts.isParenthesizedExpression(n) && !ts.isJsxExpression(n) && !(ts.isBinaryExpression(n) && ['??', '||', '&&', '+'].includes(n.operatorToken.getText()))) return false;
      if (ts.isConditionalExpression(n) && n.condition.pos <= node.pos && node.end <= n.condition.end) return false;
    }
    return false;
  };
  const key = (text: string) => TABLES.some(([, english]) => text in english);
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    const line = () => `${file.slice(SRC.length + 1)}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText().trim().slice(0, 80)}`;
    if (ts.isJsxText(node) && wordy(node.text)) found.push(line());
    else if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      if (key(node.text) || NAMES.has(node.text)) return;
      if (spokenBy(node) ? wordy(node.text) : /^[A-Z][a-z]+( [a-z0-9]+)+[.,]?$|^[A-Z].*[a-z]\.$/.test(node.text)) found.push(line());
    } else if (ts.isTemplateExpression(node) && spokenBy(node)) {
      if (wordy(node.head.text) || node.templateSpans.some((s) => wordy(s.literal.text))) found.push(line());
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

describe('no component holds text of its own', () => {
  it('would be seen: in an element, an attribute, a choice, a template, a notice', () => {
    const seen = (code: string) => literalText(join(SRC, 'x.tsx'), code).length;
    expect(seen('const a = <p>Add a thing</p>;')).toBe(1);
    expect(seen('const a = <Button title="Add a thing" />;')).toBe(1);
    expect(seen("const a = <p>{n === 1 ? 'one file' : t('x')}</p>;")).toBe(1);
    expect(seen('const a = <p aria-label={`slice ${n}`} />;')).toBe(1);
    expect(seen("postNotice({ happened: 'Something went away.' });")).toBe(1);
    expect(seen("announce('Copied it.');")).toBe(1);
    expect(seen('const a = <p className="row end">{value} mm</p>;')).toBe(0);
  });

  it.each(['ui', 'state'])('in src/%s', (floor) => {
    expect(files(join(SRC, floor)).flatMap((file) => literalText(file)).filter((line) => !DATA.test(line))).toEqual([]);
  });
});
