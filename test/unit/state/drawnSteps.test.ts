import { describe, expect, it } from 'vitest';
import { didSomething } from '../../../src/state/drawnSteps';

describe('what was drawn for an example', () => {
  it('a flip that mirrors no axis counts as not drawn', () => {
    expect(didSomething({ type: 'flip', applied: true, values: { horizontal: false, vertical: false } })).toBe(false);
    expect(didSomething({ type: 'flip', applied: true, values: { horizontal: true, vertical: false } })).toBe(true);
    expect(didSomething({ type: 'rotate', applied: true, values: { degrees: 0.2 } })).toBe(true);
    expect(didSomething({ type: 'rotate', applied: false, values: {} })).toBe(false);
  });
});
