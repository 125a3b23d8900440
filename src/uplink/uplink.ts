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
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable' };

/** One connection, from the moment it stands until it is lost. */
export interface Session {
  /** How many messages the platform takes before it has answered the first. */
  readonly maxInFlight: number;
  /** Aborted when the connection is lost, with an UplinkError as its reason. */
  readonly lost: AbortSignal;
  /** Never rejects. Hand over at most `maxInFlight` at a time: there is no queue behind it. */
  publish(message: Message): Promise<Outcome>;
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
