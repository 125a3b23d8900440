/** What can be wrong with a feed, each in the words in which it is told. */
export const faults = {
  unreadable: 'not a line of a capture',
  connection: 'the connection was lost: what came then is not known',
  topic: 'not a topic of the feed',
  qos: 'not sent with QoS 1',
  retain: 'retained or not, unlike the table of topics',
  form: 'unlike the schema of its kind',
  identity: 'the topic names another gateway or device than the payload',
  undescribed: 'told before its meta',
  unit: 'the unit of a stream changed',
  future: 'a time more than 5 minutes after its arrival',
  missing: 'neither delivered nor declared lost',
  changed: 'told again with other bytes',
  overlap: 'delivered and declared lost',
} as const;

export type Fault = keyof typeof faults;

/** All complaints of one kind. */
export interface Complaint {
  readonly fault: Fault;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly string[];
}

/** Counts complaints and remembers the first few of each kind. */
export class Complaints {
  readonly #mostExamples: number;
  readonly #found = new Map<Fault, { count: number; examples: string[] }>();

  constructor(mostExamples: number) {
    this.#mostExamples = mostExamples;
  }

  add(fault: Fault, example: string, count = 1): void {
    const found = this.#found.get(fault) ?? { count: 0, examples: [] };
    found.count += count;
    if (found.examples.length < this.#mostExamples) found.examples.push(example);
    this.#found.set(fault, found);
  }

  get all(): Complaint[] {
    return Array.from(this.#found, ([fault, found]) => ({ fault, ...found, examples: [...found.examples] }));
  }
}
