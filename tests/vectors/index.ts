import type { Adapter } from './adapter.ts';
import { bme280 } from './bme280.ts';
import { bmp280 } from './bmp280.ts';
import { dsmrP1 } from './dsmr-p1.ts';
import { modbusRegisterMaps } from './modbus-register-maps.ts';
import { modbusRtu } from './modbus-rtu.ts';
import { sds011 } from './sds011.ts';
import { sensirionCommon } from './sensirion-common.ts';
import { sht4x } from './sht4x.ts';

/** Which adapter reads which folder of vectors. A folder without a driver of ours is left alone. */
export const adapters: Readonly<Record<string, Adapter>> = {
  bme280,
  bmp280,
  'dsmr-p1': dsmrP1,
  'modbus-register-maps': modbusRegisterMaps,
  'modbus-rtu': modbusRtu,
  sds011,
  'sensirion-common': sensirionCommon,
  sht4x,
};
