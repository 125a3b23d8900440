/** A device as it takes part in the traffic on its bus. */
interface Asked {
  readonly name: string;
  readonly bus: string;
  readonly periodMs: number;
  readonly driver: { readonly bus: string };
}

// More than that between two devices would only make the first samples late.
const MOST_APART_MS = 2000;

/**
 * When each device takes its first sample, in milliseconds from the begin: those on one bus one after the other, evenly
 * over the shortest of their periods. Else all would ask at the same moments, and each wait for those before it: one that
 * breaks would shift the others' samples.
 */
export function startsOf(devices: readonly Asked[]): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  for (const name of new Set(devices.map(({ bus }) => bus))) {
    const sharing = devices.filter(({ bus }) => bus === name);
    const periods = sharing.map(({ periodMs }) => periodMs).filter((periodMs) => periodMs > 0);
    const apartMs = Math.min(MOST_APART_MS, Math.min(...periods) / sharing.length);
    for (const [index, { name, driver }] of sharing.entries()) {
      starts.set(name, driver.bus === 'gpio' ? 0 : Math.floor(index * apartMs));
    }
  }
  return starts;
}
