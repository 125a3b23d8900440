import type { Received, State } from './broker.ts';
import type { FeedObservation } from './feed.ts';

/** The observations in what was received, in the order in which they came; one that came twice stands twice. */
export function observationsIn(received: readonly Received[], device?: string): FeedObservation[] {
  const all = received.filter(({ topic }) => topic.endsWith('/obs'));
  const parsed = all.map(({ payload }) => JSON.parse(payload) as FeedObservation);
  return device === undefined ? parsed : parsed.filter(({ dev }) => dev === device);
}

/** The states in what was received. */
export function statesIn(received: readonly Received[]): State[] {
  return received.filter(({ topic }) => topic.endsWith('/-/state')).map(({ payload }) => JSON.parse(payload) as State);
}

/** The newest value of a quantity; undefined where none was told. */
export function newest(observations: readonly FeedObservation[], quantity: string) {
  return observations.flatMap(({ obs, t }) => obs.map((one) => ({ ...one, t }))).findLast(({ n }) => n === quantity);
}

/** True once every number up to the heads has come. */
export function isWhole(received: readonly Received[], heads: Readonly<Record<string, number>>): boolean {
  return Object.entries(heads).every(([device, head]) => {
    const numbers = new Set(observationsIn(received, device).map(({ seq }) => seq));
    return Array.from({ length: head }, (_, index) => index + 1).every((number) => numbers.has(number));
  });
}
