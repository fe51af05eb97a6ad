import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import type { Page, TaskId } from '../../state/view';
import type { StringKey } from '../strings/t';

/**
 * The registry of the task panel and of whole-stage pages. A panel is a component without props that fills the
 * scrolling middle of the panel (<PanelSection> for each group) and may give a foot (<PanelFoot>); it reads the stage
 * from `state/stage` and draws over the images through `state/layers` and `state/tools`.
 */
interface Module {
  default: ComponentType;
}
const modules = import.meta.glob<Module>([
  '../enhance/EnhancePanel.tsx',
  '../lesion/LesionPanel.tsx',
  '../explain/ExplainPanel.tsx',
  '../dataset/DatasetPanel.tsx',
  '../dataset/DatasetStrip.tsx',
  '../review/ReviewPage.tsx',
  '../reading/ReadingPage.tsx',
  '../teach/TeachPage.tsx',
  '../labels/LabelsSection.tsx',
]);

function panel(path: string): LazyExoticComponent<ComponentType> | null {
  const load = modules[path];
  return load ? lazy(load) : null;
}

export interface TaskDef {
  readonly id: TaskId;
  readonly label: StringKey;
  readonly Panel: LazyExoticComponent<ComponentType> | null;
  /** Under the images in place of the slices, while this task is open. */
  readonly Strip?: LazyExoticComponent<ComponentType> | null;
}

export const TASKS: readonly TaskDef[] = [
  { id: 'enhance', label: 'task.enhance', Panel: panel('../enhance/EnhancePanel.tsx') },
  { id: 'lesion', label: 'task.lesion', Panel: panel('../lesion/LesionPanel.tsx') },
  { id: 'explain', label: 'task.explain', Panel: panel('../explain/ExplainPanel.tsx') },
  { id: 'dataset', label: 'task.dataset', Panel: panel('../dataset/DatasetPanel.tsx'), Strip: panel('../dataset/DatasetStrip.tsx') },
];

/** Pages that take the whole room between top bar and jobs bar. */
export const PAGES: Partial<Record<Page, LazyExoticComponent<ComponentType> | null>> = {
  review: panel('../review/ReviewPage.tsx'),
  reading: panel('../reading/ReadingPage.tsx'),
  teach: panel('../teach/TeachPage.tsx'),
};

/** Shown under the library: labels of the open series, per class. */
export const LabelsSection = panel('../labels/LabelsSection.tsx');
