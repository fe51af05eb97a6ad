import type { Locator, Page } from 'playwright-core';

type Name = 'Original' | 'Generated' | 'Difference';

/** A viewport, by what it shows. */
export const view = (page: Page, name: Name): Locator => page.getByRole('img', { name: new RegExp(`^${name},`) });

/** Corner text of a viewport: not in the accessibility tree, since the image's name says the same. */
export const corner = async (page: Page, name: Name = 'Original'): Promise<string> => (await view(page, name).innerText()).replace(/\s+/g, ' ');
