import { Upload } from 'lucide-react';
import { useRef } from 'react';
import { addCsv } from '../../state/reading';
import { Button } from '../controls/Button';
import { w } from '../lesion/words';

/** Answers of other readers, from their files. */
export function AddCsv() {
  const ref = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon={<Upload size={14} strokeWidth={1.5} aria-hidden="true" />} onClick={() => ref.current?.click()}>{w('reading.add')}</Button>
      <input ref={ref} type="file" accept=".csv,text/csv" multiple hidden aria-label={w('reading.add')} onChange={(e) => void addCsv([...(e.currentTarget.files ?? [])])} />
    </>
  );
}
