import { describeError } from '../core/errorText';
import { StudioError } from '../core/errors';
import type { InputFile } from '../pipeline/import/fileRef';
import { readInputs, truePath } from '../pipeline/import/readInputs.node.ts';

/** Files of the command line, as they are read, and how many of them could not be opened so far. */
interface OpenedInputs {
  readonly files: AsyncGenerator<InputFile>;
  readonly unreadable: () => number;
}

/**
 * What `paths` hold, without what lies in the output folder below them: a second run has the inputs of the first. What
 * cannot be opened is told. Throws `cli/usage` where the output folder is an input itself.
 */
export function openInputs(paths: readonly string[], out: string | undefined, tell: (text: string) => void = console.error): OpenedInputs {
  if (out !== undefined && paths.some((path) => truePath(path) === truePath(out))) throw new StudioError('cli/usage', `--out ${out} is a folder of inputs: name another`);
  let count = 0;
  const files = readInputs(paths, (path, error) => {
    count++;
    tell(`${path}: ${describeError('input/not-readable', error instanceof Error ? error.message : String(error))}`);
  }, out);
  return { files, unreadable: () => count };
}
