import { shownRanges } from '../model/number-set.ts';
import { Account, type Balance } from './account.ts';
import { type Complaint, Complaints } from './complaints.ts';
import { type Content, contentsOf } from './contents.ts';
import type { FeedLoss, FeedMeta, FeedObservation, FeedState } from './contract.ts';
import { Descriptions } from './descriptions.ts';
import { type Address, addressOf, type Heard } from './heard.ts';

/** How a capture was made, as far as it does not tell itself. */
export interface Capture {
  /** The topics of the feed begin with `{root}/v1/`. */
  readonly root: string;
  /** It begins in the middle: the numbers count from the lowest one that it holds, not from 1. */
  readonly isFromFirstSeen: boolean;
  /** False where metas may have come before its beginning. */
  readonly isMetaNeeded: boolean;
  /** True where QoS and retain are those of the publisher, not of the subscription. */
  readonly isAsPublished: boolean;
  /** Complaints shown of each kind. */
  readonly mostExamples: number;
}

/** One line of the verdict. */
export interface Judged extends Balance {
  readonly gateway: string;
  readonly device: string;
  readonly epoch: string;
}

/** Whether all is accounted for, and what is not. */
export interface Verdict {
  readonly isComplete: boolean;
  readonly messages: number;
  /** Messages that are not under `{root}/v1/`: not judged. */
  readonly others: number;
  readonly accounts: readonly Judged[];
  readonly complaints: readonly Complaint[];
}

const FUTURE_MS = 5 * 60_000;
const RANGES_SHOWN = 20;

/** What every message says of itself; a meta has no time, a state no device. */
interface FeedHead {
  readonly gw: string;
  readonly dev?: string;
  readonly t?: string;
}

/** How a message came. */
interface Circumstances {
  readonly label: string;
  readonly at: number | undefined;
  readonly address: Address;
}

interface Holder {
  readonly gateway: string;
  readonly device: string;
  readonly epoch: string;
  readonly account: Account;
}

/**
 * Judges a feed by its contract alone: it knows no config and no outbox, only what a subscriber sees. It keeps ranges
 * and fingerprints, not payloads.
 */
export class Judge {
  readonly #capture: Capture;
  readonly #complaints: Complaints;
  readonly #descriptions: Descriptions;
  readonly #holders = new Map<string, Holder>();
  /** The last state of each gateway that told its heads. */
  readonly #states = new Map<string, FeedState>();
  readonly #atMostOnce = { count: 0, first: '' };
  #isQosTold: boolean;
  #messages = 0;
  #others = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.#complaints = new Complaints(capture.mostExamples);
    this.#descriptions = new Descriptions(capture.isMetaNeeded);
    this.#isQosTold = capture.isAsPublished;
  }

  /** Something that could not be heard. */
  complain(fault: 'unreadable' | 'connection', what: string): void {
    this.#complaints.add(fault, what);
  }

  hear(message: Heard): void {
    const { root } = this.#capture;
    if (!message.topic.startsWith(`${root}/v1/`)) {
      this.#others += 1;
      return;
    }
    this.#messages += 1;
    const address = addressOf(message.topic, root);
    if (!address) {
      this.#complaints.add('topic', message.topic);
      return;
    }
    this.#judgeEnvelope(message, address);
    const contents = contentsOf(address.kind, message.payload);
    if (typeof contents === 'string') this.#complaints.add('form', `${message.topic}${contents}`);
    else for (const content of contents) this.#judge(content, message, address);
  }

  verdict(): Verdict {
    const complaints = new Complaints(this.#capture.mostExamples);
    const accounts = Array.from(this.#holders.values(), (holder) => this.#judged(holder));
    for (const judged of accounts) {
      for (const fault of ['missing', 'changed', 'overlap'] as const) {
        const count = judged[fault].reduce((sum, { from, to }) => sum + to - from + 1, 0);
        if (count > 0) complaints.add(fault, `${labelOf(judged)} ${shownRanges(judged[fault], RANGES_SHOWN)}`, count);
      }
    }
    const { count, first } = this.#atMostOnce;
    if (this.#isQosTold && count > 0) complaints.add('qos', first, count);
    const all = [...complaints.all, ...this.#complaints.all];
    const isComplete = all.length === 0 && this.#messages > 0;
    return { isComplete, messages: this.#messages, others: this.#others, accounts, complaints: all };
  }

  /**
   * A forwarded message loses its retain flag and takes the lower QoS of publisher and subscription (MQTT 3.1.1,
   * 3.3.1.3 and 3.8.4). So a flag that is set always counts, one that is not only where the capture is as published;
   * QoS 0 counts unless the capture holds nothing else.
   */
  #judgeEnvelope({ topic, qos, isRetained }: Heard, { kind }: Address): void {
    const mayBeRetained = kind === 'meta' || kind === 'state';
    const isWrong = mayBeRetained ? this.#capture.isAsPublished && isRetained === false : isRetained === true;
    if (isWrong) this.#complaints.add('retain', `${topic} ${isRetained ? 'is retained' : 'is not retained'}`);
    if (qos === 0) {
      this.#atMostOnce.count += 1;
      this.#atMostOnce.first ||= `${topic} QoS 0`;
    } else if (qos !== undefined) this.#isQosTold = true;
    if (qos === 2) this.#complaints.add('qos', `${topic} QoS 2`);
  }

  #judge({ kind, value, text, fault }: Content, { topic, at }: Heard, address: Address): void {
    const number = kind === 'obs' || kind === 'loss' ? this.#deliver(value, text) : '';
    const label = `${topic}${number}`;
    if (fault !== undefined) {
      this.#complaints.add('form', `${label}${fault}`);
      return;
    }
    this.#judgeHead(value as FeedHead, { label, at, address });
    switch (kind) {
      case 'obs':
        for (const { fault, what } of this.#descriptions.faultsIn(value as FeedObservation)) {
          this.#complaints.add(fault, `${label} ${what}`);
        }
        break;
      case 'loss':
        this.#declareLost(value as FeedLoss, label);
        break;
      case 'meta':
        this.#descriptions.describe(value as FeedMeta);
        break;
      case 'state':
        this.#tellState(value as FeedState);
        break;
    }
  }

  #judgeHead({ gw, dev = '-', t = '' }: FeedHead, { label, at, address }: Circumstances): void {
    const isElsewhere = gw !== address.gateway || (address.device !== '-' && dev !== address.device);
    if (isElsewhere) this.#complaints.add('identity', `${label} is of ${gw}/${dev}`);
    if (at !== undefined && Date.parse(t) > at + FUTURE_MS) {
      this.#complaints.add('future', `${label} ${t}, arrived ${new Date(at).toISOString()}`);
    }
  }

  /** Counts a number as soon as it can be read: a message that breaks a rule has come all the same. */
  #deliver(value: unknown, text: string): string {
    const { gw, dev, epoch, seq } = (value ?? {}) as Readonly<Record<keyof FeedObservation, unknown>>;
    if (typeof gw !== 'string' || typeof dev !== 'string' || typeof epoch !== 'string') return '';
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return '';
    this.#accountOf(gw, dev, epoch).deliver(seq, text);
    return ` seq ${seq}`;
  }

  #declareLost({ gw, dev, epoch, lost }: FeedLoss, label: string): void {
    for (const { from, to, reason } of lost) {
      if (from > to || !Number.isSafeInteger(to)) this.#complaints.add('form', `${label}.lost from ${from} to ${to}`);
      else this.#accountOf(gw, dev, epoch).declareLost({ from, to }, reason);
    }
  }

  #tellState(state: FeedState): void {
    if (!state.heads) return;
    this.#states.set(state.gw, state);
    for (const [device, head] of Object.entries(state.heads)) {
      if (head > 0 && Number.isSafeInteger(head)) this.#accountOf(state.gw, device, state.epoch).tellHead(head);
    }
  }

  #accountOf(gateway: string, device: string, epoch: string): Account {
    const key = JSON.stringify([gateway, device, epoch]);
    const holder = this.#holders.get(key) ?? { gateway, device, epoch, account: new Account() };
    this.#holders.set(key, holder);
    return holder.account;
  }

  #judged({ gateway, device, epoch, account }: Holder): Judged {
    const { isFromFirstSeen } = this.#capture;
    const isTailUnderWay = this.#isBacklog(gateway, epoch);
    return { gateway, device, epoch, ...account.balance({ isFromFirstSeen, isTailUnderWay }) };
  }

  /**
   * Whether what a gateway's last state counts and the capture does not hold can still be in its backlog: only the
   * newest numbers of that state's epoch, and no more of them than it says are waiting.
   */
  #isBacklog(gateway: string, epoch: string): boolean {
    const state = this.#states.get(gateway);
    if (state?.epoch !== epoch) return false;
    let waiting = 0;
    for (const { account, ...holder } of this.#holders.values()) {
      const tail = account.tail(this.#capture.isFromFirstSeen);
      if (holder.gateway !== gateway || holder.epoch !== epoch || !tail) continue;
      if (tail.to > (state.heads?.[holder.device] ?? 0)) return false;
      waiting += tail.to - tail.from + 1;
    }
    return waiting <= (state.backlog ?? 0);
  }
}

/** Names an account as people read it: an epoch is told by its first eight signs. */
export function labelOf({ gateway, device, epoch }: Omit<Judged, keyof Balance>): string {
  return `${gateway}/${device} ${epoch.slice(0, 8)}`;
}
