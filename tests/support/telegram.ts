import { crc16 } from '../../src/protocol/crc.ts';

/** A short P1 telegram with one energy register, in kWh, and its checksum. */
export function telegram(energyKwh: number): Uint8Array {
  const register = energyKwh.toFixed(3).padStart(10, '0');
  const text = `/TST5\\TELEGRAM\r\n\r\n1-3:0.2.8(50)\r\n1-0:1.8.1(${register}*kWh)\r\n1-0:1.7.0(00.500*kW)\r\n!`;
  const checksum = crc16(Buffer.from(text), 0).toString(16).toUpperCase().padStart(4, '0');
  return Buffer.from(`${text}${checksum}\r\n`);
}

/** A meter that has counted 1 Wh more at each telegram. */
export function countingMeter(): () => Uint8Array {
  let count = 0;
  return () => {
    count += 1;
    return telegram(count / 1000);
  };
}
