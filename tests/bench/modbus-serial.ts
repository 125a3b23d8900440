import modbusClient from 'modbus-serial';
import type { Client } from './modbus.ts';

/** modbus-serial as its README shows it: a buffered RTU port that is asked for so many input registers from 0 on. */
export function modbusSerial(unit: number, count: number): (path: string, baudRate: number) => Promise<Client> {
  return async (path, baudRate) => {
    const client = new modbusClient.default();
    await client.connectRTUBuffered(path, { baudRate });
    client.setID(unit);
    client.setTimeout(1000);
    return {
      ask: () => client.readInputRegisters(0, count),
      close: () => new Promise<void>((resolve) => client.close(() => resolve())),
    };
  };
}
