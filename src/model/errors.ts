/** What kept a part from being read. A closed union: the supervisor and the feed's `why` switch on it. */
export type SensorFault =
  | 'no-acknowledge' // nothing answers at that address
  | 'timeout' // the answer did not come, or came too late
  | 'checksum' // bytes came, but damaged
  | 'not-ready' // the part says: not yet
  | 'refused' // the part says: no (a Modbus exception, an error status)
  | 'wrong-device' // another part answers
  | 'implausible' // an answer that the part cannot give
  | 'bus' // the bus itself is missing, forbidden or gone
  | 'driver'; // the driver failed by itself: a bug to report

/** A part could not be read. Its device is tried again, later and later; nothing else stops. */
export class SensorError extends Error {
  readonly kind: SensorFault;

  constructor(kind: SensorFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SensorError';
    this.kind = kind;
  }
}

/**
 * The bus itself is missing, forbidden, gone or stuck: none of its parts can be reached. It is told of the bus, once,
 * and not of each part on it.
 */
export class BusError extends SensorError {
  constructor(message: string, options?: ErrorOptions) {
    super('bus', message, options);
    this.name = 'BusError';
  }
}

/** The store cannot keep its promise. The program stops loudly and is started again. */
export class StoreError extends Error {
  /** What the operator can do, naming a command where there is one. */
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.hint = hint;
  }
}
