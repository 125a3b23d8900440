import type { FeedMeta, FeedObservation } from './contract.ts';

interface Description {
  /** Undefined until a meta has come. */
  streams: ReadonlySet<string> | undefined;
  /** The unit of each stream: as described, or as first told. */
  readonly units: Map<string, string>;
  /** What has been complained of: once until the next meta. */
  readonly told: Set<string>;
}

/** What is known of one device: what its meta describes, and in which units it tells. */
export class Descriptions {
  readonly #isMetaNeeded: boolean;
  readonly #devices = new Map<string, Description>();

  /** Where a capture begins in the middle, its beginning may hold the metas. */
  constructor(isMetaNeeded: boolean) {
    this.#isMetaNeeded = isMetaNeeded;
  }

  describe({ gw, dev, streams }: FeedMeta): void {
    const known = this.#of(`${gw}/${dev}`);
    known.streams = new Set(streams.map(({ n }) => n));
    known.told.clear();
    for (const { n, u } of streams) known.units.set(n, u);
  }

  /** The streams of an observation that no meta has described, and those that change their unit. */
  faultsIn({ gw, dev, obs }: FeedObservation): { readonly fault: 'undescribed' | 'unit'; readonly what: string }[] {
    const known = this.#of(`${gw}/${dev}`);
    const isJudged = known.streams !== undefined || this.#isMetaNeeded;
    const found = obs.flatMap(({ n, u }) => {
      const unit = known.units.get(n) ?? u;
      known.units.set(n, unit);
      return [
        ...(isJudged && !known.streams?.has(n) ? [{ fault: 'undescribed' as const, what: n }] : []),
        ...(unit === u ? [] : [{ fault: 'unit' as const, what: `${n} in ${u}, not ${unit}` }]),
      ];
    });
    const isNew = found.filter(({ what }) => !known.told.has(what));
    for (const { what } of isNew) known.told.add(what);
    return isNew;
  }

  #of(device: string): Description {
    const known = this.#devices.get(device) ?? { streams: undefined, units: new Map(), told: new Set() };
    this.#devices.set(device, known);
    return known;
  }
}
