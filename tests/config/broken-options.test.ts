import { describe, expect, it } from 'vitest';
import { BUSES, complaints, parsed } from './told.ts';

/**
 * Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`.
 * The YAML stands below the buses.
 */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'with an unknown option',
    `devices:
  dust: { driver: sds011, bus: rs485, options: { dutycycle: 5 } }`,
    '7:50 devices.dust.options.dutycycle | "dutycycle" is not a key here | did you mean dutyCycle?',
  ],
  [
    'with an option where there are none',
    `devices:
  air: { driver: sht4x, bus: hall, options: { heater: on } }`,
    '7:47 devices.air.options.heater | "heater" is not a key here | remove it',
  ],
  [
    'with an option out of range',
    `devices:
  dust: { driver: sds011, bus: rs485, options: { dutyCycle: 31 } }`,
    '7:61 devices.dust.options.dutyCycle | should be a whole number between 0 and 30, not 31 | one measurement every so many minutes, the laser off in between; 0: each second, laser always on [min]',
  ],
  [
    'with an option of another type',
    `devices:
  dust: { driver: sds011, bus: rs485, options: { dutyCycle: five } }`,
    '7:61 devices.dust.options.dutyCycle | should be a whole number between 0 and 30, not "five" | one measurement every so many minutes, the laser off in between; 0: each second, laser always on [min]',
  ],
  [
    'without the options that its driver requires',
    `devices:
  water: { driver: pulse, bus: pins, line: 4 }`,
    '7:3 devices.water.options | "counts" is missing | counts: what the pulses count',
    '7:3 devices.water.options | "pulsesPerUnit" is missing | pulsesPerUnit: pulses per kWh, m3, GJ or mm, as the label of the meter says; 1 for pulse_count',
  ],
  [
    'with options, but without one that is required',
    `devices:
  water:
    driver: pulse
    bus: pins
    line: 4
    options:
      counts: water_volume`,
    '11:5 devices.water.options | "pulsesPerUnit" is missing | pulsesPerUnit: pulses per kWh, m3, GJ or mm, as the label of the meter says; 1 for pulse_count',
  ],
  [
    'without its model',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, options: {} }`,
    '7:45 devices.meter.options | "model" is missing | model: The product, as its front says; sdm72v2 is the SDM72D-M-2',
  ],
  [
    'with an unknown model',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, options: { model: SDM-630 } }`,
    '7:63 devices.meter.options.model | should be one of sdm120, sdm220, sdm230, sdm630, sdm72, sdm72v2, not "SDM-630" | did you mean sdm630?',
  ],
  [
    'that reads often what this meter does not tell',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, options: { model: sdm630, often: [active_power, voltage] } }`,
    '7:93 devices.meter.options.often.1 | should be a quantity that this device tells, not "voltage" | the README of the driver lists what each model tells',
  ],
  [
    'with a word for an option that is none of the words',
    `devices:
  water: { driver: pulse, bus: pins, line: 4, options: { counts: water, pulsesPerUnit: 1000 } }`,
    '7:66 devices.water.options.counts | should be one of pulse_count, active_energy_import, water_volume, gas_volume, heat_energy, rainfall, not "water" | did you mean water_volume?',
  ],
  [
    'with a duration out of range',
    `devices:
  water: { driver: pulse, bus: pins, line: 4, options: { counts: water_volume, pulsesPerUnit: 1000, debounce: 2s } }`,
    '7:111 devices.water.options.debounce | should be a duration between 1ms and 500ms, not "2s" | a pulse that begins sooner than this after the last one ended is the same pulse, bouncing',
  ],
  [
    'with a stream that its driver does not measure',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { pm25: {} } }`,
    '7:47 devices.air.streams.pm25 | sht4x does not measure "pm25" | it measures air_temperature, relative_humidity',
  ],
  [
    'with a stream that is no quantity',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { temperature: {} } }`,
    '7:47 devices.air.streams.temperature | sht4x does not measure "temperature" | did you mean air_temperature?',
  ],
  [
    'with a stream that is not among very many',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, options: { model: sdm630 }, streams: { wibble: {} } }`,
    '7:84 devices.meter.streams.wibble | eastron-sdm does not measure "wibble" | drivers/eastron-sdm/README.md lists them',
  ],
  [
    'with a range that is upside down',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { min: 40, max: -10 } } }`,
    '7:71 devices.air.streams.air_temperature.min | no value is between 40 and -10 | without min and max: -40 to 85 Cel',
  ],
  [
    'with a calibration key misspelt',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { calibrate: { ofset: 1 } } } }`,
    '7:79 devices.air.streams.air_temperature.calibrate.ofset | "ofset" is not a key here | did you mean offset?',
  ],
  [
    'with a calibration that forgets the value',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { calibrate: { scale: 0 } } } }`,
    '7:86 devices.air.streams.air_temperature.calibrate.scale | should be a number other than 0, not 0 | Factor.',
  ],
  [
    'with a polynomial of nothing',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { calibrate: { polynomial: [] } } } }`,
    '7:91 devices.air.streams.air_temperature.calibrate.polynomial | should be a list of 1 to 6 numbers, not a list of 0 | Coefficients c0, c1, c2 …, applied before scale and offset.',
  ],
  [
    'with a polynomial of texts',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { calibrate: { polynomial: [0, 1, x] } } } }`,
    '7:98 devices.air.streams.air_temperature.calibrate.polynomial.2 | should be a number, not "x" | ',
  ],
  [
    'with a calibration that is no map',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { calibrate: -0.3 } } }`,
    '7:77 devices.air.streams.air_temperature.calibrate | should be keys with values, not -0.3 | Local calibration: (c0 + c1·value + c2·value² …) · scale + offset.',
  ],
  [
    'with a limit that is infinite',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { max: .inf } } }`,
    '7:71 devices.air.streams.air_temperature.max | should be a number, not Infinity | Higher values are told as out_of_range.',
  ],
  [
    'with an alert without a limit',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { alert: {} } } }`,
    '7:73 devices.air.streams.air_temperature.alert | should be an alert with above, below or both, not keys with values | What is told at once, before everything else: the first value beyond, and the first back within.',
  ],
  [
    'with an alert that is no map',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { alert: 35 } } }`,
    '7:73 devices.air.streams.air_temperature.alert | should be keys with values, not 35 | What is told at once, before everything else: the first value beyond, and the first back within.',
  ],
  [
    'with an alert of words',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { alert: { above: hot, over: 3 } } } }`,
    '7:82 devices.air.streams.air_temperature.alert.above | should be a number, not "hot" | Higher values are an alert.',
    '7:87 devices.air.streams.air_temperature.alert.over | "over" is not a key here | known here: above, below',
  ],
  [
    'with alerts that no believed value can raise',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { max: 40, alert: { above: 40, below: -40 } } } }`,
    '7:91 devices.air.streams.air_temperature.alert.above | values above 40 are not believed, so none is an alert | write less than 40, or raise max',
    '7:102 devices.air.streams.air_temperature.alert.below | values below -40 are not believed, so none is an alert | write more than -40, or lower min',
  ],
  [
    'with an alert that every value is',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { alert: { above: 5, below: 30 } } } }`,
    '7:82 devices.air.streams.air_temperature.alert.above | every value is above 5 or below 30 | above is the greater of the two',
  ],
  [
    'with a priority for a stream that there is not',
    `devices:
  air: { driver: sht4x, bus: hall, streams: { air_temperature: { priority: hihg } } }`,
    '7:76 devices.air.streams.air_temperature.priority | should be one of low, normal, high, not "hihg" | How much it matters when room is short. Default: the device\'s.',
  ],
];

describe('a config is refused for a device', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(`${BUSES}\n${yaml}\n`))).toEqual(told);
  });
});
