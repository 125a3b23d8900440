/** CRC-8, most significant bit first, without final inversion (Sensirion: polynomial 0x31, initial 0xff). */
export function crc8(bytes: Uint8Array, options: { readonly polynomial: number; readonly initial: number }): number {
  let crc = options.initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ options.polynomial) & 0xff : crc << 1;
  }
  return crc;
}

/**
 * CRC-16 with the reflected polynomial 0xA001 (x^16 + x^15 + x^2 + 1). DSMR telegrams start it at 0 (CRC-16/ARC),
 * Modbus RTU at 0xffff.
 */
export function crc16(bytes: Uint8Array, initial: 0 | 0xffff): number {
  let crc: number = initial;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC16_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}

const CRC16_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  return crc;
});
