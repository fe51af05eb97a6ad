import type { ErrorCode } from './errors';

/** One sentence on what happened, one on what to do. No jargon that the person cannot act on. */
export interface ErrorText {
  happened: string;
  todo: string;
}

/** Code → human words. The only place where they are written down (English; translations map the same codes). */
export const ERROR_TEXT: Record<ErrorCode, ErrorText> = {
  'input/not-readable': { happened: 'The file could not be read.', todo: 'Check that it still exists and that you may open it, then drop it again.' },
  'input/not-an-image': { happened: 'This is not a medical image the studio knows.', todo: 'DICOM, NIfTI, PNG, JPEG, and ZIP or gzip of those can be opened.' },
  'input/too-large': { happened: 'The file is larger than the studio takes at once.', todo: 'Split it, or open the folder of single files.' },
  'input/empty': { happened: 'The file is empty.', todo: 'Copy it again from its source.' },
  'zip/corrupt': { happened: 'The ZIP archive is damaged.', todo: 'Download or copy it again.' },
  'zip/bomb': { happened: 'The archive would unpack to far more than an archive of images does.', todo: 'Unpack it with another program and check what is inside.' },
  'zip/encrypted': { happened: 'The ZIP archive is encrypted.', todo: 'Unpack it with its password first.' },
  'gzip/corrupt': { happened: 'The gzip data are damaged.', todo: 'Download or copy the file again.' },
  'gzip/bomb': { happened: 'The gzip file would unpack to far more than an image does.', todo: 'Check where it came from.' },
  'nifti/invalid': { happened: 'The NIfTI header makes no sense.', todo: 'Convert the volume again from its source.' },
  'nifti/unsupported': { happened: 'This kind of NIfTI data is not supported.', todo: 'Save it as integer or float values with one volume a file.' },
  'npz/invalid': { happened: 'The NumPy archive holds no image that can be shown.', todo: 'Save it with an array named image of rows × columns, or slices × rows × columns.' },
  'png/invalid': { happened: 'The picture file is damaged.', todo: 'Save it again.' },
  'dicom/not-dicom': { happened: 'This is not a DICOM file.', todo: 'Nothing to do, if it lies among the images by chance.' },
  'dicom/truncated': { happened: 'The file ends in the middle of its data, as after a broken copy.', todo: 'Copy it again from the source and drop it here.' },
  'dicom/corrupt': { happened: 'The DICOM data contradict themselves.', todo: 'Export the image again from its source.' },
  'dicom/limits': { happened: 'The file claims more than an image can hold, so it was stopped before it could harm.', todo: 'Check where it came from.' },
  'dicom/no-pixel-data': { happened: 'The DICOM file holds no image.', todo: 'Nothing to do: reports, structures and plans hold none.' },
  'dicom/unsupported-syntax': { happened: 'The image is compressed in a way the studio cannot read.', todo: 'Export it uncompressed, or as JPEG 2000, JPEG-LS or RLE.' },
  'dicom/unsupported-pixels': { happened: 'The pixel format is not supported.', todo: 'Export the image as 8 or 16 bit grey values.' },
  'dicom/bad-dimensions': { happened: 'Rows, Columns or frames of the image are missing or impossible.', todo: 'Export the image again from its source.' },
  'dicom/decode-failed': { happened: 'The compressed image data are damaged.', todo: 'Copy the file again from its source.' },
  'dicom/decode-timeout': { happened: 'Decoding took too long and was ended.', todo: 'Export the image uncompressed; the other files go on.' },
  'geometry/mismatch': { happened: 'The two images do not lie in the same place.', todo: 'Use images of the same series.' },
  'geometry/unknown': { happened: 'The file does not say where its slices lie.', todo: 'Distances are given in pixels; export from the original DICOM to keep millimetres.' },
  'label/no-images': { happened: 'The images of this label are not loaded.', todo: 'It waits in the library and attaches itself when they come.' },
  'label/mismatch': { happened: 'The label fits no loaded series.', todo: 'Check that it was drawn on these images.' },
  'label/invalid': { happened: 'The label file contradicts itself.', todo: 'Export it again from the program that made it.' },
  'model/unknown': { happened: 'No model of this name is installed.', todo: 'Choose one from the list.' },
  'model/not-found': { happened: 'The model file could not be loaded.', todo: 'Reload the page; offline, make models available first.' },
  'model/hash-mismatch': { happened: 'The model file is not the one its manifest names, so it was not run.', todo: 'Reload the page, or reinstall the studio.' },
  'model/invalid': { happened: 'The model cannot be used.', todo: 'It must be one ONNX file without external data, with the contract the documentation gives.' },
  'model/shape-mismatch': { happened: 'The image does not have the shape the model takes.', todo: 'Choose another model or another image.' },
  'model/no-gradient': { happened: 'This model brings no gradient graph.', todo: 'Choose occlusion or RISE, which need none.' },
  'model/wrong-modality': { happened: 'The model was trained for another kind of image.', todo: 'Choose a model of this modality.' },
  'model/bad-output': { happened: 'The model gave values that cannot be an image.', todo: 'Try the WASM backend; if it stays, report the model.' },
  'gpu/unavailable': { happened: 'No WebGPU adapter is available.', todo: 'Nothing to do: the job runs on WASM.' },
  'gpu/device-lost': { happened: 'The graphics device was lost.', todo: 'Nothing to do: the job goes on with WASM.' },
  'gpu/disagrees': { happened: 'The graphics device computes other values than WASM does, so it is not used.', todo: 'Nothing to do: the job runs on WASM.' },
  'worker/crashed': { happened: 'A background worker stopped.', todo: 'It has been started anew; try again.' },
  'worker/timeout': { happened: 'A background worker did not answer and was ended.', todo: 'Try again; other work is not affected.' },
  'lesion/outside-body': { happened: 'The lesion would lie outside plausible tissue.', todo: 'Move it inwards or make it smaller.' },
  'lesion/no-place': { happened: 'No plausible place for a lesion was found in this slice.', todo: 'Choose another slice, or paint the mask yourself.' },
  'lesion/mask-too-large': { happened: 'The mask is larger than the model can fill.', todo: 'Make it smaller.' },
  'lesion/mask-empty': { happened: 'The mask is empty.', todo: 'Paint or place a mask first.' },
  'saliency/no-region': { happened: 'No region is marked.', todo: 'Mark a region on the generated side.' },
  'recipe/invalid': { happened: 'The recipe has a mistake.', todo: 'Correct the named field and try again.' },
  'dataset/hash-mismatch': { happened: 'A file of the set is not what the same recipe gives again.', todo: 'Compare versions, models and inputs named in the manifest.' },
  'dataset/no-sources': { happened: 'There is nothing to build the set from.', todo: 'Open images of the kind the recipe takes.' },
  'dataset/other-set': { happened: 'The folder holds another set, or one made with another key or version, or from images or labels that were changed since.', todo: 'Choose an empty folder.' },
  'storage/full': { happened: 'There is no room left to write.', todo: 'Free some space, then resume; nothing half-written counts as done.' },
  'storage/denied': { happened: 'Permission to write was not given.', todo: 'Choose the folder again and allow writing.' },
  'storage/failed': { happened: 'Writing failed.', todo: 'Choose another folder, then resume.' },
  'session/invalid': { happened: 'The session file cannot be opened.', todo: 'It may come from another version, or be damaged.' },
  'cli/usage': { happened: 'The command line is not understood.', todo: 'Run it with --help.' },
  internal: { happened: 'Something went wrong in the studio itself.', todo: 'Your images are untouched. Try again; if it stays, reload.' },
};

/** The two sentences, with the detail in brackets where there is one. */
export function describeError(code: ErrorCode, detail = ''): string {
  const text = ERROR_TEXT[code];
  return `${text.happened} ${text.todo}${detail ? ` (${detail})` : ''}`;
}
