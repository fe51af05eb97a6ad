import { useEffect, useRef } from 'react';
import type { MapLayer } from '../../state/layers';
import { paintMap } from '../maps/colormaps';
import { cssMatrix, gridMatrix, type Matrix, type Placement } from './planeView';

/** A map painted once at its own size; pan and zoom only change the transform. */
export function MapOverlay({ layer, matrix, place }: { layer: MapLayer; matrix: Matrix; place: Placement }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { values, width, height, range, threshold, opacity } = layer;
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    paintMap(values, { colormap: layer.colormap, range, threshold, opacity: 1 }, image.data);
    context.putImageData(image, 0, 0);
  }, [values, width, height, layer.colormap, range, threshold]);
  return (
    <canvas
      ref={ref}
      className="map-overlay"
      width={width}
      height={height}
      style={{ transform: cssMatrix(gridMatrix(matrix, place, width, height)), opacity, imageRendering: layer.smooth ? 'auto' : 'pixelated' }}
    />
  );
}
