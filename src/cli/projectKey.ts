import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { StudioError } from '../core/errors';

/** Where the key of pseudonyms lies, unless `--key-file` names another file: made once, readable by its owner only. */
export const defaultKeyFile = (): string => join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'verisim', 'project.key');

/**
 * The project key: 64 hex digits in a file (or any file of 16 bytes or more, taken as it is). The same key gives the
 * same pseudonyms and, with the same recipe and inputs, the same bytes; it is never written into a set.
 * Throws `cli/usage` for a named file that is not there or too short.
 */
export function projectKey(file?: string): Uint8Array {
  const path = file ?? defaultKeyFile();
  if (!existsSync(path)) {
    if (file) throw new StudioError('cli/usage', `--key-file ${file} does not exist`);
    // `wx`: of two runs that start together one makes the key, the other reads it.
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
      chmodSync(path, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new StudioError('storage/denied', `no project key could be made at ${path}; name one with --key-file`, { cause: error });
    }
  }
  const bytes = readFileSync(path);
  const text = bytes.toString('latin1').trim();
  if (/^([0-9a-f]{2}){16,}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (bytes.length < 16) throw new StudioError('cli/usage', `${path} holds fewer than 16 bytes`);
  return new Uint8Array(bytes);
}
