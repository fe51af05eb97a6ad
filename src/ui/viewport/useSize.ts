import { useLayoutEffect, useState, type RefObject } from 'react';

/** Content size of an element in CSS pixels and the device pixel ratio; renders again when one changes. */
export function useSize(ref: RefObject<HTMLElement | null>): { width: number; height: number; ratio: number } {
  const [size, setSize] = useState({ width: 0, height: 0, ratio: 1 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const next = { width: element.clientWidth, height: element.clientHeight, ratio: window.devicePixelRatio || 1 };
      setSize((s) => (s.width === next.width && s.height === next.height && s.ratio === next.ratio ? s : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    let query: MediaQueryList;
    const watchRatio = () => {
      query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
      query.addEventListener('change', onRatio, { once: true });
    };
    const onRatio = () => {
      measure();
      watchRatio();
    };
    watchRatio();
    return () => {
      observer.disconnect();
      query.removeEventListener('change', onRatio);
    };
  }, [ref]);
  return size;
}
