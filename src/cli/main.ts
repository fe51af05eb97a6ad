/**
 * `verisim COMMAND …`: the studio without a browser. `--json` prints the result on stdout; messages go to stderr.
 * Exit codes: 0 ok, 1 some inputs failed, 2 usage.
 */
import { describeError } from '../core/errorText';
import { isAbort, toStudioError } from '../core/errors';

/** What a command file exports. `run` gets the arguments after the command's name and returns the exit code. */
export interface Command {
  readonly usage: string;
  run(args: readonly string[]): Promise<0 | 1 | 2>;
}

/** Each command lives in a file of its name beside this one and is loaded only when it is called. */
const COMMANDS: Readonly<Record<string, string>> = {
  inspect: 'what is in these files: format, size, values, series, geometry',
  enhance: 'super-resolve images',
  models: 'list the models of the manifest',
  explain: 'saliency of a region',
  evaluate: 'measure a model on images',
  lesion: 'put in or take out a lesion',
  augment: 'build a training set from a recipe',
  audit: 'measure a generated set',
};

const help = (): string =>
  ['usage: verisim COMMAND [options]', '', ...Object.entries(COMMANDS).map(([name, what]) => `  ${name.padEnd(10)} ${what}`), '', 'verisim COMMAND --help tells more.'].join('\n');

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    console.error(help());
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    console.error(`unknown command: ${name}\n\n${help()}`);
    return 2;
  }
  const command = (await import(`./${name}.ts`)) as Command;
  if (args.includes('--help') || args.includes('-h')) {
    console.error(command.usage);
    return 0;
  }
  return command.run(args);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (isAbort(error)) return void (process.exitCode = 1);
    const { code, detail, stack } = toStudioError(error);
    console.error(`${code}: ${describeError(code, detail)}`);
    if (code === 'internal') console.error(stack);
    process.exitCode = code === 'cli/usage' ? 2 : 1;
  },
);
