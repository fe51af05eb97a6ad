import type { InputFile } from '../pipeline/importFiles';
import { postError } from './notices';
import { openInputs } from './open';
import { say } from './strings/say';

/** What a person chose or dropped: a session, models brought along, or images and labels. */
async function openAll(inputs: readonly InputFile[]): Promise<void> {
  if (inputs.length === 1 && inputs[0]!.path.endsWith('.verisim')) {
    const { openSessionFile } = await import('./session');
    return openSessionFile(inputs[0]!.blob);
  }
  let images = inputs;
  if (inputs.some((i) => i.path.toLowerCase().endsWith('.onnx'))) {
    const { openModels } = await import('./ownModel');
    await openModels(inputs);
    images = inputs.filter((i) => !/\.(onnx|json)$/i.test(i.path));
  }
  await openInputs(images, { name: nameOf(images.map((i) => i.path)), origin: 'file', show: 'summary' });
}

/** Asks for files with the browser's own picker. */
export function chooseFiles(): Promise<void> {
  return pick(false);
}

export function chooseFolder(): Promise<void> {
  return pick(true);
}

function pick(folder: boolean): Promise<void> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    if (folder) input.webkitdirectory = true;
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      const inputs = files.map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
      void openAll(inputs).then(resolve);
    });
    input.addEventListener('cancel', () => resolve());
    input.click();
  });
}

/** The folder's name, the file's name, or how many files. */
function nameOf(paths: readonly string[]): string {
  const first = paths[0] ?? '';
  if (first.includes('/')) return first.split('/')[0]!;
  return paths.length === 1 ? first : say('files.n', { n: paths.length });
}

/** Files and folders of a drop, walked through, with their paths. Must be called in the drop event itself. */
export async function openDropped(transfer: DataTransfer): Promise<void> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((e) => e !== null);
  const plain = [...transfer.files];
  try {
    const inputs: InputFile[] = [];
    for (const entry of entries) await walk(entry, inputs);
    if (entries.length === 0) inputs.push(...plain.map((file) => ({ path: file.name, blob: file })));
    await openAll(inputs);
  } catch (error) {
    postError(error);
  }
}

async function walk(entry: FileSystemEntry, out: InputFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    out.push({ path: entry.fullPath.replace(/^\//, ''), blob: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, out);
  }
}
