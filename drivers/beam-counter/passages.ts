/**
 * Two beams across a way, one behind the other: who breaks the outer one first and leaves the inner one last has come in.
 */

/** The two beams, in the order in which somebody breaks them who comes in. */
export const OUTER = 0;
export const INNER = 1;

/** One passage that is over. `turned`: whoever it was went back; `unclear`: it was somebody, nobody knows which way. */
export type Passage = 'in' | 'out' | 'turned' | 'unclear';

/** A beam that was broken or is whole again. */
export interface BeamEdge {
  readonly beam: typeof OUTER | typeof INNER;
  readonly isBroken: boolean;
  readonly uptimeMs: number;
}

// A receiver's output may chatter for so long when its beam comes back.
const BOUNCE_MS = 20;

/**
 * Makes passages of edges. A passage begins when the first beam is broken, and is over when both have been broken and
 * are whole again. If only one was, the other is waited for, for `gapMs`: beams that stand further apart than a person
 * is thick are both whole for a moment in between.
 */
export class Passages {
  readonly #gapMs: number;
  readonly #blockedMs: number;
  readonly #brokenSinceMs: [number | undefined, number | undefined] = [undefined, undefined];
  #course: BeamEdge[] = [];

  constructor({ gapMs, blockedMs }: { readonly gapMs: number; readonly blockedMs: number }) {
    this.#gapMs = gapMs;
    this.#blockedMs = blockedMs;
  }

  /** The beams are first looked at. What is under way was not seen to begin: it is no passage. */
  begin(areBroken: readonly boolean[], uptimeMs: number): void {
    for (const beam of [OUTER, INNER] as const) this.#brokenSinceMs[beam] = areBroken[beam] ? uptimeMs : undefined;
    this.#course = [];
  }

  /** An edge, and the passage that was over before it, if one was. */
  saw(edge: BeamEdge): Passage | undefined {
    const over = this.over(edge.uptimeMs);
    const wasBroken = this.#brokenSinceMs[edge.beam] !== undefined;
    if (wasBroken === edge.isBroken) return over; // an edge was missed in between: nothing to tell from it
    const isBegun = this.#course.length > 0 || (edge.isBroken && this.#areWhole());
    this.#brokenSinceMs[edge.beam] = edge.isBroken ? edge.uptimeMs : undefined;
    if (isBegun) this.#course.push(edge);
    return over;
  }

  /** The passage that is over by `uptimeMs`, once. */
  over(uptimeMs: number): Passage | undefined {
    const last = this.#course.at(-1);
    if (!last) return undefined;
    if (this.blocked(uptimeMs)) {
      this.#course = []; // whatever it is, it does not pass
      return undefined;
    }
    const isOver = isThrough(this.#course) || uptimeMs - last.uptimeMs >= this.#gapMs;
    if (!this.#areWhole() || !isOver) return undefined;
    const course = this.#course;
    this.#course = [];
    return passageIn(course);
  }

  /** Which beam has been broken for so long that nobody stands in it. */
  blocked(uptimeMs: number): 'outer-beam' | 'inner-beam' | 'both-beams' | undefined {
    const [outer, inner] = this.#brokenSinceMs.map((ms) => ms !== undefined && uptimeMs - ms >= this.#blockedMs);
    if (outer && inner) return 'both-beams';
    if (outer) return 'outer-beam';
    return inner ? 'inner-beam' : undefined;
  }

  /** For how long nothing comes to an end if nothing is seen. */
  quietMs(uptimeMs: number): number {
    const ends = this.#brokenSinceMs.flatMap((ms) => (ms === undefined ? [] : [ms + this.#blockedMs]));
    const last = this.#course.at(-1);
    if (last && this.#areWhole()) ends.push(last.uptimeMs + this.#gapMs);
    return Math.min(...ends.map((ms) => (ms > uptimeMs ? ms - uptimeMs : Number.POSITIVE_INFINITY)));
  }

  #areWhole(): boolean {
    return this.#brokenSinceMs.every((ms) => ms === undefined);
  }
}

/** What a course from "both whole" to "both whole" says. */
function passageIn(course: readonly BeamEdge[]): Passage {
  const [first] = course;
  const last = course.at(-1);
  if (!isThrough(course)) return 'turned';
  if (isTie(course.slice(0, 2)) || isTie(course.slice(-2)) || isCrossed(course)) return 'unclear';
  if (first?.beam === last?.beam) return 'turned';
  return first?.beam === OUTER ? 'in' : 'out';
}

/** True if both beams have been broken. */
function isThrough(course: readonly BeamEdge[]): boolean {
  return new Set(course.map(({ beam }) => beam)).size === 2;
}

/** True if both beams did the same in the same moment: nobody walks so fast, and the order is not known. */
function isTie([one, other]: readonly BeamEdge[]): boolean {
  if (!one || !other || one.beam === other.beam) return false;
  return one.isBroken === other.isBroken && one.uptimeMs === other.uptimeMs;
}

/**
 * True if the near beam was broken again while the far one was: one turned back late, or two came close behind each
 * other, or from both sides. All of them look the same.
 */
function isCrossed(course: readonly BeamEdge[]): boolean {
  const near = course[0]?.beam;
  let isFarBroken = false;
  let nearWholeSinceMs = Number.POSITIVE_INFINITY;
  return course.some(({ beam, isBroken, uptimeMs }) => {
    if (beam !== near) isFarBroken = isBroken;
    else if (!isBroken) nearWholeSinceMs = uptimeMs;
    return beam === near && isBroken && isFarBroken && uptimeMs - nearWholeSinceMs >= BOUNCE_MS;
  });
}
