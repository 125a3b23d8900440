/** One message on its way to a platform. */
export interface Message {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly isRetained: boolean;
  /** MIME type of the payload; sent where the protocol has a place for it. */
  readonly contentType: string;
  /** Facts about this sending, not about the message: they never stand in the payload, which is the same at a resend. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** What became of a message. Only `accepted` settles it. */
export type Outcome = { readonly kind: 'accepted' } | Refusal | { readonly kind: 'unavailable' };

/** The platform's no. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
  /** What of the message is at fault, for ever; absent where the platform may think better of it. */
  readonly fault?: 'size' | 'content';
}

/** MQTT 5, 2.4: Topic Name invalid, Packet too large, Payload format invalid. */
const FAULTS: Readonly<Record<number, 'size' | 'content'>> = { 144: 'content', 149: 'size', 153: 'content' };

/** A refusal by its reason code. */
export function refusal(code: number, text: string): Refusal {
  const fault = FAULTS[code];
  return { kind: 'refused', reason: `0x${code.toString(16)} ${text}`, ...(fault ? { fault } : {}) };
}

/** One connection, from the moment it stands until it is lost. */
export interface Session {
  /** How many messages the platform takes before it has answered the first. */
  readonly maxInFlight: number;
  /** The largest payload that the platform takes; absent where it named no limit. */
  readonly maxPayloadBytes?: number;
  /** The `renewal.fingerprint()` of what this session was made with. */
  readonly fingerprint?: string;
  /** Aborted when the connection is lost, with an UplinkError as its reason. */
  readonly lost: AbortSignal;
  /** Never rejects. Hand over at most `maxInFlight` at a time: there is no queue behind it. */
  publish(message: Message): Promise<Outcome>;
  /**
   * Publishes the message and sees it come back, where an answer alone proves nothing (MQTT 3.1.1 acknowledges what the
   * broker's rules then drop). Rejects with an UplinkError when it does not come, and the session is lost with that as
   * its reason: nothing that was accepted before may be settled. Takes the room of one message.
   */
  prove?(message: Message, signal: AbortSignal): Promise<void>;
  /** Leaves in good order: the platform does not publish the Will. */
  end(): Promise<void>;
  /** Leaves at once, if there is still something to leave: a platform that has stopped answering cannot be waited for. */
  drop(): void;
}

/** A way to one platform. */
export interface Uplink {
  readonly name: string;
  /** One attempt to connect; `will` is what the platform says for us when we vanish. Rejects with an UplinkError. */
  connect(will: Message, signal: AbortSignal): Promise<Session>;
  readonly renewal?: Renewal;
}

/** Passwords and certificates that may be renewed while a session stands. */
export interface Renewal {
  /** Differs as soon as what is on disk does. */
  fingerprint(): string;
  /** A session with what is on disk now, while the other one still stands. Rejects with an UplinkError. */
  connect(will: Message, signal: AbortSignal): Promise<Session>;
}

/** The platform cannot be reached, or ended the connection. It is tried again, for ever. */
export class UplinkError extends Error {
  /** What the operator can check. */
  readonly hint: string;
  /** The platform is left alone for so long at least, in milliseconds. */
  readonly leaveAloneMs: number;

  constructor(message: string, hint: string, options: ErrorOptions & { readonly leaveAloneMs?: number } = {}) {
    super(message, options);
    this.name = 'UplinkError';
    this.hint = hint;
    this.leaveAloneMs = options.leaveAloneMs ?? 0;
  }
}
