import { atMost } from '../hal/clock.ts';
import type { Lane } from '../store/outbox.ts';
import { Channel, RANK } from './channel.ts';
import { Describing } from './describing.ts';
import type { DrainDelay } from './drain-delay.ts';
import type { GatewayState } from './gateway-state.ts';
import { Lanes } from './lanes.ts';
import type { Refusals } from './refusals.ts';
import { RefusedRows } from './refused-rows.ts';
import { Selection } from './selection.ts';
import type { Tellable } from './tellable.ts';
import { type Session, UplinkError } from './uplink.ts';

/** What outlives a session. */
export interface Remembered {
  readonly refusals: Refusals;
  readonly drainDelay: DrainDelay;
  refusedForGood(device: string, count: number, reason: string): void;
}

const LANES: readonly Lane[] = ['alert', 'live', 'backlog'];
const STATE_EVERY_MS = 60_000;
/** Where an answer alone proves nothing, every tenth state must come back. */
const PROVE_EVERY = 10;
/** When the gateway stops, what is under way may still be answered for so long. */
const LAST_ANSWERS_MS = 2000;

/** All that is told over one session: state, descriptors, and every row that the outbox has. */
export class Telling {
  readonly #told: Tellable;
  readonly #session: Session;
  readonly #channel: Channel;
  readonly #selection: Selection;
  readonly #describing: Describing;
  readonly #refused: RefusedRows;
  readonly #lanes: Lanes;
  /** Aborted when something fails that is not the connection. */
  readonly #failure = new AbortController();

  constructor(told: Tellable, session: Session, remembered: Remembered) {
    this.#told = told;
    this.#session = session;
    this.#channel = new Channel({ ...told, session, heard: (message, outcome) => told.heard(message, outcome) });
    this.#selection = new Selection(told.wanted ?? {});
    const common = { channel: this.#channel, selection: this.#selection };
    this.#describing = new Describing(told, common);
    this.#refused = new RefusedRows({ ...told, ...remembered });
    const { drainDelay } = remembered;
    this.#lanes = new Lanes(told, { ...common, drainDelay, describing: this.#describing, refused: this.#refused });
  }

  get inFlight(): number {
    return this.#channel.inFlight;
  }

  /** Describes every device again, or one, before its next row; those without rows with the next state. */
  announce(device?: string): void {
    this.#describing.announce(device);
  }

  /**
   * Runs until the session is lost or `stop` is aborted; then leaves in good order where it still can. Gives the reason
   * where the session was dropped because it could not be trusted; rejects where the outbox fails.
   */
  async run(stop: AbortSignal): Promise<UplinkError | undefined> {
    const { clock, outbox, name } = this.#told;
    const over = AbortSignal.any([this.#session.lost, stop, this.#failure.signal]);
    await this.#together(over);
    await atMost(clock, LAST_ANSWERS_MS, this.#channel.empty());
    this.#refused.over();
    outbox.release(name);
    if (!this.#session.lost.aborted && !this.#failure.signal.aborted)
      await atMost(clock, LAST_ANSWERS_MS, this.#leave());
    this.#session.drop();
    if (!this.#failure.signal.aborted) return undefined;
    const failure: unknown = this.#failure.signal.reason;
    if (failure instanceof UplinkError) return failure;
    throw failure;
  }

  /** Everything that goes on beside each other, until it is over; resolves when all of it has ended. */
  async #together(over: AbortSignal): Promise<void> {
    const guarded = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (cause) {
        if (!over.aborted) this.#failure.abort(cause);
      }
    };
    await guarded(() => this.#tellState(true, over));
    if (over.aborted) return;
    await Promise.all([
      guarded(() => this.#keepTelling(over)),
      guarded(() => this.#refused.run(over, (row) => this.#lanes.tell(row, over))),
      ...LANES.map((lane) => guarded(() => this.#lanes.run(lane, over))),
    ]);
  }

  /** Descriptors and state, from now on. */
  async #keepTelling(over: AbortSignal): Promise<void> {
    for (let count = 1; ; count += 1) {
      await this.#describing.all(over);
      await this.#told.clock.sleep(STATE_EVERY_MS, over);
      await this.#tellState(count % PROVE_EVERY === 0, over);
    }
  }

  /** Resolves when the state is under way or, where it is to be proved, when it has come back. */
  async #tellState(isProof: boolean, over: AbortSignal): Promise<void> {
    const message = this.#told.encoding.state(await this.#state(true));
    if (isProof && this.#session.prove) return this.#channel.prove(message, over);
    await this.#channel.room(RANK.live, over);
    void this.#channel.hand(message);
  }

  async #state(isOnline: boolean): Promise<GatewayState> {
    const state = await this.#told.state(isOnline);
    return { ...state, ...(state.heads ? { heads: this.#selection.heads(state.heads) } : {}) };
  }

  async #leave(): Promise<void> {
    await this.#channel.room(RANK.alert, this.#session.lost);
    void this.#channel.hand(this.#told.encoding.state(await this.#state(false)));
    await this.#channel.empty();
    await this.#session.end();
  }
}
