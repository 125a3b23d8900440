/** One message as whoever captured it has seen it; undefined is what the capture does not tell. */
export interface Heard {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number | undefined;
  readonly isRetained: boolean | undefined;
  /** UTC milliseconds of its arrival. */
  readonly at: number | undefined;
}

const DEVICE_KINDS = ['obs', 'loss', 'meta'] as const;
const GATEWAY_KINDS = ['batch', 'batch-deflate', 'state'] as const;

/** A topic of the feed, taken apart; `device` is `-` where the message is the gateway's. */
export interface Address {
  readonly gateway: string;
  readonly device: string;
  readonly kind: (typeof DEVICE_KINDS)[number] | (typeof GATEWAY_KINDS)[number];
}

/** Takes a topic apart; undefined where it is not one that the contract knows. */
export function addressOf(topic: string, root: string): Address | undefined {
  const [owner = '', gateway = '', device = '', word, ...more] = topic.slice(`${root}/v1/`.length).split('/');
  const kinds: readonly Address['kind'][] = device === '-' ? GATEWAY_KINDS : DEVICE_KINDS;
  const kind = kinds.find((candidate) => candidate === word);
  const isLegal = [owner, gateway, device].every((segment) => /^[a-z0-9-]+$/.test(segment));
  return kind && isLegal && more.length === 0 ? { gateway, device, kind } : undefined;
}
