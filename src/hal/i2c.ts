/**
 * One device on one I2C bus, at one 7-bit address. Failures are SensorErrors. The wait is part of the conversation:
 * playback compares it with the datasheet's.
 */
export interface I2cDevice {
  /** START, address+W, bytes, STOP. */
  write(bytes: Uint8Array): Promise<void>;
  /** START, address+R, `length` bytes, STOP. */
  read(length: number): Promise<Uint8Array>;
  /** One command byte, repeated START, at most 32 bytes: what `I2C_SMBUS_I2C_BLOCK_DATA` can do. */
  writeRead(bytes: Uint8Array, length: number): Promise<Uint8Array>;
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds since boot, for deadlines; never steps back. */
  uptimeMs(): number;
}

/** One I2C bus. Conversations on it are queued by `sampling/`; the bus itself does not arbitrate. */
export interface I2cBus {
  device(address: number): I2cDevice;
  /** Lets go of the adapter: the next transfer opens it anew, as an adapter that was taken away and came back needs. */
  renew(): Promise<void>;
  close(): Promise<void>;
}
