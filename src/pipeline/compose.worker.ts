import '../trustedTypes';
import { answerCalls } from './answer.worker';
import { composeShown } from './compose';

/** Entry of the compose worker: outputs of a network in, the slice as it is shown out. */
answerCalls(composeShown, ({ raster, stored, meter, meterBefore }) => [raster.data.buffer, ...(stored ? [stored.data.buffer] : []), meter.map.data.buffer, meterBefore.map.data.buffer]);
