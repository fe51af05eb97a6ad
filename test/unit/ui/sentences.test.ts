import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { takeRecipe } from '../../../src/state/datasetFiles';
import { errorsDe } from '../../../src/state/strings/errors.de';
import { saidDe } from '../../../src/state/strings/said.de';
import { speak } from '../../../src/state/strings/say';
import { phraseBook } from '../../../src/state/strings/phraseBook';
import { phrasesDe, sentencesDe } from '../../../src/state/strings/sentences.de';

const SRC = resolve(import.meta.dirname, '../../../src');
const FLOORS = ['core', 'dicom', 'formats', 'saliency', 'synthesis', 'inference', 'dataset', 'pipeline'];
const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(folder, e.name)) : e.name.endsWith('.ts') ? [join(folder, e.name)] : []));
const german = phraseBook(sentencesDe, phrasesDe);

describe('sentences of the lower floors in German', () => {
  it('are found by their templates, with names left alone and phrases looked up', () => {
    expect(german('The series seems to be PD; this model was trained on T1, T2 and FLAIR, so look closely.')).toBe('Die Serie scheint PD zu sein; dieses Modell wurde auf T1, T2 und FLAIR trainiert, sehen Sie also genau hin.');
    expect(german('a and b.nii.gz is shifted by 0.80 mm along the left–right axis and 3.0 mm along the head–foot axis against the series. It waits in the library until its images come.'))
      .toBe('a and b.nii.gz ist um 0.80 mm entlang der Achse links–rechts und 3.0 mm entlang der Achse Kopf–Fuß gegen die Serie verschoben. Es wartet in der Bibliothek, bis seine Bilder kommen.');
    expect(german('The mask reached the chest wall: 18 % lay outside the lung. Move it inwards by 4 mm or make it smaller.')).toBe('Die Maske reichte in die Brustwand: 18 % lagen außerhalb der Lunge. Schieben Sie sie um 4 mm nach innen, oder machen Sie sie kleiner.');
    expect(german('It ran on WASM: the graphics device was lost.')).toBe('Es lief auf WASM: das Grafikgerät ging verloren.');
    expect(german('Something that nobody knows.')).toBe('Something that nobody knows.');
  });

  it('tell mistakes of a pasted recipe, field by field', async () => {
    speak({ said: saidDe, errors: errorsDe, sentence: german });
    const wrong = (changes: object) => takeRecipe(JSON.stringify({ verisim: 'recipe', version: 1, name: 'small', seed: 1, steps: [], outputs: [{ format: 'npz' }], ...changes }));
    expect(await wrong({ steps: [{ type: 'rotat' }], copies: -1 })).toMatch(/^copies: >=0 wird erwartet, nicht -1 \(angegeben: -1\); steps\[0\]\.type: rotat ist keines von .*cupping \(meinten Sie rotate\?\)$|^steps.*; copies.*$/);
    expect(await wrong({ steps: [{ type: 'rotate', degrees: [5, 4] }] })).toBe('steps[0].degrees: die erste darf nicht über der zweiten liegen');
    expect(await wrong({ steps: [{ type: 'rotate', degrees: 500 }] })).toMatch(/^steps\[0\]\.degrees: .*darf höchstens 360 sein/);
    expect(await wrong({ name: 'a b' })).toBe('name: nur Buchstaben, Ziffern, _ und -, höchstens 64, da Ordner so heißen (angegeben: "a b")');
    expect(await wrong({ seed: '1', outputs: [] })).toBe('seed: number wird erwartet, nicht "1" (angegeben: "1"); outputs: mindestens eine Ausgabe nennen');
    expect(await wrong({ seed: undefined })).toBe('seed: fehlt');
    expect(await wrong({ split: { fold: 5 } })).toBe('split.fold: dieser Eintrag ist hier nicht bekannt (andere hier: keiner)');
    expect(await wrong({ outputs: [{ format: 'npz' }, { format: 'npz' }] })).toBe('outputs: npz steht zweimal da');
    expect(await takeRecipe('{')).toMatch(/^kein JSON: /);
    speak();
    expect(german('case_2 lacks channel 1 (T2).')).toBe('case_2 fehlt Kanal 1 (T2).');
  });

  it('have an English side that some source really says: every fixed part stands in one of its texts', () => {
    // String and template parts of all lower floors, as they are at run time.
    const said = new Set<string>();
    for (const file of FLOORS.flatMap((floor) => files(join(SRC, floor)))) {
      const visit = (node: ts.Node): void => {
        if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) said.add(node.text);
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest));
    }
    const all = [...said].join('\n');
    // `against …` and the like are put together from several texts, so parts are looked for word group by word group.
    const missing = sentencesDe.flatMap(([english]) =>
      english.split(/\{\w\}/).flatMap((part) => part.split(/ against |; |(?<=\.) |, and $|^ (?:sooner|later) (?=than the order)/)).map((part) => part.replace(/^[\s,.:;()]+|[\s,.:;()]+$/g, '')).filter((part) => part.split(' ').length > 1 && !all.includes(part)).map((part) => `${english} → ${part}`),
    );
    expect(missing).toEqual([]);
  });

  /** Files whose every sentence is read by a person in the studio. */
  it.each(['pipeline/cardScope.ts', 'pipeline/lesionWarnings.ts', 'pipeline/enhanceWarnings.ts', 'synthesis/lesion/place.ts', 'synthesis/lesion/tissue.ts', 'dataset/plan.ts', 'dataset/patients.ts'])('cover every sentence of %s', (name) => {
    const tree = ts.createSourceFile(name, readFileSync(join(SRC, name), 'utf8'), ts.ScriptTarget.Latest, true);
    const left: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
      let text = ts.isStringLiteralLike(node) ? node.text : '';
      if (ts.isTemplateExpression(node)) text = node.head.text + node.templateSpans.map((span) => `7${span.literal.text}`).join('');
      if (/[a-z] [a-z]+ .*\.$/.test(text) && german(text.trim()) === text.trim()) left.push(text);
      ts.forEachChild(node, visit);
    };
    visit(tree);
    expect(left).toEqual([]);
  });

  it('have the same blanks on both sides, and no entry is hidden by one before it', () => {
    for (const [english, other] of [...sentencesDe, ...phrasesDe]) {
      const blanks = (text: string) => new Set(text.match(/\{\w\}/g) ?? []);
      // German may leave out what it need not say again, never invent.
      expect([...blanks(other)].filter((b) => !blanks(english).has(b))).toEqual([]);
      expect(other).not.toBe('');
      expect(other).not.toContain('!');
    }
    for (const [english, other] of sentencesDe) {
      const sample = english.replace(/\{\w\}/g, '7');
      expect([english, german(sample)]).toEqual([english, other.replace(/\{\w\}/g, '7')]);
    }
  });
});
