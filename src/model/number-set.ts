/** Numbers from `from` up to and including `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A set of whole numbers, kept as ranges: it takes room for its holes, not for its numbers. */
export class NumberSet {
  readonly #ranges: Range[] = [];

  constructor(ranges: readonly Range[] = []) {
    for (const { from, to } of ranges) this.add(from, to);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** How many numbers there are in it. */
  get size(): number {
    return countOf(this.#ranges);
  }

  get first(): number | undefined {
    return this.#ranges[0]?.from;
  }

  get last(): number | undefined {
    return this.#ranges.at(-1)?.to;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  add(from: number, to: number = from): void {
    const start = this.#firstEndingFrom(from - 1);
    let [low, high, end] = [from, to, start];
    for (let next = this.#ranges[end]; next && next.from <= to + 1; next = this.#ranges[++end]) {
      low = Math.min(low, next.from);
      high = Math.max(high, next.to);
    }
    this.#ranges.splice(start, end - start, { from: low, to: high });
  }

  addAll({ ranges }: { readonly ranges: readonly Range[] }): void {
    for (const { from, to } of ranges) this.add(from, to);
  }

  remove(from: number, to: number = from): void {
    const start = this.#firstEndingFrom(from);
    const left: Range[] = [];
    let end = start;
    for (let next = this.#ranges[end]; next && next.from <= to; next = this.#ranges[++end]) {
      if (next.from < from) left.push({ from: next.from, to: from - 1 });
      if (next.to > to) left.push({ from: to + 1, to: next.to });
    }
    this.#ranges.splice(start, end - start, ...left);
  }

  clear(): void {
    this.#ranges.length = 0;
  }

  has(number: number): boolean {
    const range = this.#ranges[this.#firstEndingFrom(number)];
    return range !== undefined && range.from <= number;
  }

  /** The end of the range that `number` is in; `number - 1` where it is in none. */
  endOf(number: number): number {
    const range = this.#ranges[this.#firstEndingFrom(number)];
    return range !== undefined && range.from <= number ? range.to : number - 1;
  }

  /** The numbers from `from` up to `to` that are in the set. */
  within({ from, to }: Range): Range[] {
    const found: Range[] = [];
    for (let index = this.#firstEndingFrom(from); index < this.#ranges.length; index += 1) {
      const range = this.#ranges[index];
      if (!range || range.from > to) break;
      found.push({ from: Math.max(from, range.from), to: Math.min(to, range.to) });
    }
    return found;
  }

  /** The numbers from `from` up to `to` that are not in the set. */
  gaps({ from, to }: Range): Range[] {
    const found: Range[] = [];
    let next = from;
    for (const range of this.within({ from, to })) {
      if (range.from > next) found.push({ from: next, to: range.from - 1 });
      next = range.to + 1;
    }
    if (next <= to) found.push({ from: next, to });
    return found;
  }

  /** The numbers that both sets have. */
  shared({ ranges }: NumberSet): Range[] {
    return ranges.flatMap((range) => this.within(range));
  }

  /** Where the first range stands that ends at `number` or later. */
  #firstEndingFrom(number: number): number {
    const last = this.last;
    if (last === undefined || last < number) return this.#ranges.length;
    let [low, high] = [0, this.#ranges.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.to ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many numbers there are in ranges that do not overlap. */
export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Numbers as ranges, where they follow each other. */
export function rangesOf(numbers: readonly number[]): Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last.to === number - 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return ranges;
}

/** Ranges as people write them: `12-15, 19`; from the `most`-th on only how many more there are. */
export function shownRanges(ranges: readonly Range[], most: number = Number.POSITIVE_INFINITY): string {
  const shown = ranges.slice(0, most).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const rest = ranges.length - shown.length;
  return [...shown, ...(rest > 0 ? [`… (${rest} more ranges)`] : [])].join(', ');
}
