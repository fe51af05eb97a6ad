import { readerAgreement, readerResult, type ReaderAnswer, type ReaderResult } from '../pipeline/readerStudy';

/** Figures of every reader and their agreement. Loaded with the result, not before. */
export function figuresOf(answers: readonly ReaderAnswer[]): { readonly results: readonly ReaderResult[]; readonly agreement: ReturnType<typeof readerAgreement> } {
  const readers = [...new Set(answers.map((a) => a.reader))];
  return { results: readers.map((reader) => readerResult(reader, answers)), agreement: readerAgreement(answers) };
}
