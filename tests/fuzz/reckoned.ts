/** CRC-16 with polynomial 0x8005, both ways reflected, bit by bit as its definition has it: a second opinion. */
export function crc16Of(bytes: Iterable<number>, initial: number): number {
  let crc = initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
