/** A worker of `npm run bench -- dataset`: measures the stages and sends them to its parent. */
import { stageTimes } from './dataset';

process.send!(stageTimes(), () => process.exit(0));
