/** Where menus and lists are put, inside a landmark of their own; the body before the app has drawn. */
export const popupRoot = (): HTMLElement => document.getElementById('popups') ?? document.body;
