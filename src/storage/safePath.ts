import { StudioError } from '../core/errors';

/** The parts of a relative path. Throws `storage/failed` for absolute paths, `..`, empty parts and odd characters. */
export function pathParts(path: string): string[] {
  const parts = path.split('/');
   
  if (path === '' || parts.some((p) => p === '' || p === '.' || p === '..' || /[\\:*?"<>|\x00-\x1f]/.test(p))) {
    throw new StudioError('storage/failed', `${path} is no relative path`);
  }
  return parts;
}
