/** What is remembered of a device: by its driver, and of its counters. */
export const MEMORIES = ['driver', 'counters'] as const;
export type MemoryKind = (typeof MEMORIES)[number];

/** The column of the device that holds it. */
export const MEMORY_COLUMNS: Readonly<Record<MemoryKind, string>> = { driver: 'memory', counters: 'counters' };

/** By what a memory is known above the file. */
export interface MemoryName {
  readonly device: string;
  readonly kind: MemoryKind;
}

/** The name as one word: no device has a slash in its name. */
export const memoryKey = ({ device, kind }: MemoryName): string => `${device}/${kind}`;

/** The name that the word stands for. */
export function memoryName(key: string): MemoryName {
  const [device = '', kind] = key.split('/');
  return { device, kind: kind === 'counters' ? 'counters' : 'driver' };
}
