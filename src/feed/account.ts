import { countOf, NumberSet, type Range } from '../model/number-set.ts';
import { Fingerprints } from './fingerprints.ts';

/** What became of the numbers of one gateway, device and epoch. */
export interface Balance {
  /** The numbers that are judged; `to` is the head: the highest number that was seen, declared lost or told in a state. */
  readonly from: number;
  readonly to: number;
  readonly delivered: number;
  /** Declared lost and not delivered after all. */
  readonly declaredLost: number;
  /** Told again in the same bytes. */
  readonly resends: number;
  readonly missing: readonly Range[];
  /** Still in the gateway, as its last state says. */
  readonly notArrivedYet: readonly Range[];
  readonly changed: readonly Range[];
  readonly overlap: readonly Range[];
}

/** Keeps account of one gateway, device and epoch. */
export class Account {
  readonly #delivered = new NumberSet();
  readonly #lost = new NumberSet();
  /** Reserved before a power cut: these may have been delivered after all. */
  readonly #unclean = new NumberSet();
  readonly #changed = new NumberSet();
  readonly #fingerprints = new Fingerprints();
  #resends = 0;
  #toldHead = 0;

  /** A message with this number, observation or loss, has come. */
  deliver(number: number, text: string): void {
    if (!this.#delivered.has(number)) {
      this.#delivered.add(number);
      this.#fingerprints.keep(number, text);
    } else if (this.#fingerprints.isSame(number, text)) this.#resends += 1;
    else this.#changed.add(number);
  }

  declareLost({ from, to }: Range, reason: string): void {
    (reason === 'unclean' ? this.#unclean : this.#lost).add(from, to);
  }

  /** A state has told the head. */
  tellHead(head: number): void {
    this.#toldHead = Math.max(this.#toldHead, head);
  }

  /** The numbers above all that has arrived, up to the highest head that a state told. */
  tail(isFromFirstSeen: boolean): Range | undefined {
    const { last: arrived = 0 } = this.#accounted();
    if (this.#toldHead <= arrived || (isFromFirstSeen && this.#delivered.first === undefined)) return undefined;
    return { from: arrived + 1, to: this.#toldHead };
  }

  balance(how: { readonly isFromFirstSeen: boolean; readonly isTailUnderWay: boolean }): Balance {
    const accounted = this.#accounted();
    const to = Math.max(this.#toldHead, accounted.last ?? 0);
    const from = how.isFromFirstSeen ? (this.#delivered.first ?? to + 1) : 1;
    const tail = how.isTailUnderWay ? this.tail(how.isFromFirstSeen) : undefined;
    const delivered = countOf(this.#delivered.ranges);
    return {
      from,
      to,
      delivered,
      declaredLost: countOf(accounted.within({ from, to })) - delivered,
      resends: this.#resends,
      missing: accounted.gaps({ from, to: tail ? tail.from - 1 : to }),
      notArrivedYet: tail ? [tail] : [],
      changed: this.#changed.ranges,
      overlap: this.#lost.shared(this.#delivered),
    };
  }

  #accounted(): NumberSet {
    const accounted = new NumberSet();
    for (const numbers of [this.#delivered, this.#lost, this.#unclean]) accounted.addAll(numbers);
    return accounted;
  }
}
