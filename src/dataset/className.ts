/** The name of a class in a set: `background` is that of id 0 in every table, so a class of that name gets another. */
export const classNameInSet = (name: string): string => (name === 'background' ? 'background (class)' : name);
