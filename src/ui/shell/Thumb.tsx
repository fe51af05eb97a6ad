import { memo, useEffect, useRef } from 'react';
import { THUMB, type Thumb as Grey } from '../../state/thumbs';

/** A grey thumbnail on a canvas; black until it comes. */
export const Thumb = memo(function Thumb({ grey, size, label }: { grey: Grey | undefined; size: number; label?: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context || !grey) return;
    const image = context.createImageData(THUMB, THUMB);
    for (let i = 0; i < grey.length; i++) {
      image.data[i * 4] = image.data[i * 4 + 1] = image.data[i * 4 + 2] = grey[i]!;
      image.data[i * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [grey]);
  return <canvas ref={ref} className="thumb" width={THUMB} height={THUMB} style={{ width: size, height: size }} aria-hidden={label ? undefined : true} aria-label={label} role={label ? 'img' : undefined} />;
});
