import '../trustedTypes';
import type { Slice } from '../core/slice';
import { findTissue } from '../synthesis/lesion/tissue';
import { answerCalls } from './answer.worker';

/** Entry of the tissue worker: one slice in, where a lesion may lie out. */
answerCalls((slice: Slice) => findTissue(slice), (tissue) => [tissue.plausible.buffer, tissue.body.buffer]);
