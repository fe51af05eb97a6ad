import { describe, expect, it } from 'vitest';
import { de } from '../../../src/ui/strings/de';
import { en } from '../../../src/ui/strings/en';
import { t } from '../../../src/ui/strings/t';

const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('the words', () => {
  it('fill in their blanks', () => {
    expect(t('jobs.of', { done: 3, total: 20 })).toBe('3 of 20');
    expect(t('jobs.of', { done: 3 })).toBe('3 of {total}');
  });

  it('the second language says nearly everything, with the same blanks', () => {
    const keys = Object.keys(en) as (keyof typeof en)[];
    const missing = keys.filter((key) => de[key] === undefined && /[a-z]{3}/.test(en[key]));
    expect(missing.filter((key) => !['app.name', 'explain.sobel', 'stage.layout.of'].includes(key))).toEqual([]);
    for (const key of keys) if (de[key]) expect([key, blanks(de[key])]).toEqual([key, blanks(en[key])]);
  });

  it('carry no exclamation marks', () => {
    expect([...Object.values(en), ...Object.values(de)].filter((text) => text.includes('!'))).toEqual([]);
  });
});
