/** The reader study for whoever may not reach the audit floor: order, figures, CSV. */
export { answersCsv, answersFromCsv, planReading, readerAgreement, readerResult, type ReaderAnswer, type ReaderResult, type ReadingItem } from '../audit/readerStudy';
export type { Proportion } from '../audit/binomial';
