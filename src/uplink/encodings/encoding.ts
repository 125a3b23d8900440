import type { Row } from '../../store/outbox.ts';
import type { Descriptor } from '../descriptor.ts';
import type { GatewayState } from '../gateway-state.ts';
import type { Message } from '../uplink.ts';

/** How one platform wants to be told: rows and facts to bytes and topics. Pure: the same row gives the same bytes. */
export interface Encoding {
  /** One row, an observation or a loss. */
  row(row: Row): Message;
  /** Several rows as one message, each in the bytes of its single form. */
  batch(rows: readonly Row[]): Message;
  /** The same batch, deflated. */
  deflated(rows: readonly Row[]): Promise<Message>;
  meta(descriptor: Descriptor): Message;
  state(state: GatewayState): Message;
}
