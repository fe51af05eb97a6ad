import type { SeriesWarning } from '../../core/slice';

const TEXT: Record<SeriesWarning['code'], string> = {
  'gantry-tilt': 'Gantry tilt: slices are sheared against each other',
  'missing-slices': 'Slices missing',
  'missing-frames': 'Frames missing',
  'duplicate-slices': 'Slices twice at one place',
  'uneven-spacing': 'Uneven slice spacing',
  'mixed-orientations': 'Mixed orientations, split',
  'several-volumes': 'Several volumes at one place, split',
  'no-geometry': 'No mm, lengths in px',
  colour: 'Colour: models take its luminance',
  'lossy-source': 'Lossy compressed source',
  'interpolated-matrix': 'Interpolated by the scanner',
  localizer: 'Localiser: view only',
  'overlays-ignored': 'Overlays are not shown',
  'already-high-resolution': 'Already of high resolution',
  'eight-bit': 'No geometry, 8 bit',
};

export const warningText = (warning: SeriesWarning): string => (warning.detail ? `${TEXT[warning.code]}: ${warning.detail}` : TEXT[warning.code]);
