const FIRST_MS = 1000;
const LONGEST_MS = 15 * 60_000;

/**
 * How long to wait before attempt number `attempt` (1, 2, …) to reach a platform: "full jitter", a random share of a
 * span that doubles from 1 s to 15 min, so that a village's gateways do not come back all at once.
 */
export function reconnectAfter(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 20));
}
