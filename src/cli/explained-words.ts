import type { SensorFault } from '../model/errors.ts';
import type { LossReason } from '../model/loss.ts';
import type { Quality } from '../model/quality.ts';

/** What each fault of a device means, what to look at, what to type. */
export const FAULTS: Readonly<Record<SensorFault, string>> = {
  'no-acknowledge':
    'Nothing answers at that address of the I2C bus. Look at the supply, the two wires and the address (a strap or ' +
    'solder bridge may change it); i2cdetect -y 1 shows who answers. Then: dorpel read DEVICE.',
  timeout:
    'The answer did not come, or came too late. On a serial line look at A and B (try them exchanged), at the baud rate, ' +
    'parity and address, and at the length of the line; of a part that talks unasked, whether it is switched on. ' +
    'dorpel record DEVICE shows what goes over the wire.',
  checksum:
    'Bytes came, but damaged; the value is not used. Look for a long or unshielded cable beside mains, missing pull-ups ' +
    'or terminators, another baud rate, or two parts that talk at once. One now and then is harmless: ' +
    'dorpel history DEVICE/QUANTITY shows how often.',
  'not-ready':
    'The part says: not yet. After a start or a heating-up it passes by itself. If it stays, ask less often (period) and ' +
    'see the Quirks in the README of the driver.',
  refused:
    'The part says no: a Modbus exception or an error status. Usually the register, the model in options or a mode of the ' +
    'part is another. Compare options with the README of the driver; dorpel record DEVICE shows the question and the no.',
  'wrong-device':
    'Another part answers than the driver expects. Look at the label of the part and at the driver and address in the ' +
    'config; dorpel check --config FILE lists the drivers that there are.',
  implausible:
    'An answer that the part cannot give: a text where a number belongs, a telegram without values. The line may mix two ' +
    'parts, or the model is another. dorpel record DEVICE shows the bytes; send them home.',
  bus:
    'The bus itself is missing, forbidden or gone. Is the adapter plugged in, is the interface switched on ' +
    '(raspi-config, Interface Options), may the user open it? ls -l /dev/i2c-* /dev/serial/by-id; dorpel doctor.',
  driver:
    'The driver failed by itself: a mistake in it, not in the wiring. Only its own devices suffer. Keep the line of the ' +
    'log (journalctl -u dorpel | grep code=device-fault) and tell who wrote the driver.',
};

/** How far a value may be trusted, and what to do about it. */
export const QUALITIES: Readonly<Record<Quality, string>> = {
  ok: 'Measured, and nothing speaks against it. Nothing is to be done.',
  warming_up: 'Measured, but the part has not settled since its start. Wait; the README of the driver says how long.',
  out_of_range:
    'Measured, but outside the plausible range of the quantity, or outside min and max of the stream. Compare with a ' +
    'second instrument; if the value is right, set streams.QUANTITY.min or max. dorpel history DEVICE/QUANTITY.',
  jump:
    'Measured, but changed faster than streams.QUANTITY.ratePerMinute allows. Look for a loose wire or a draught; raise ' +
    'the limit where such changes are real. dorpel history DEVICE/QUANTITY.',
  stuck:
    'Measured, but unchanged for longer than streams.QUANTITY.stuckAfter. The part may hang: take its supply away for a ' +
    'moment. A night without people is no fault: then raise stuckAfter.',
  estimated:
    'Computed from something less direct, or without the time of the part; `why` says which. Use it with care.',
  fault:
    'There is no value: the part did not answer, or said that it cannot tell. `why` says which: dorpel explain WHY.',
  withheld: 'A value exists, and does not leave the gateway: a rule of privacy in the config holds it back.',
};

/** Why numbers will never be delivered. */
export const LOSSES: Readonly<Record<LossReason, string>> = {
  quota:
    'There was no room: the lowest priority and the oldest went first. Raise storage.quota, mend the uplink that is ' +
    'behind, or set priority and storage.thinning. dorpel queue shows how much waits.',
  expired: 'It waited for longer than it may. dorpel queue shows which platform is behind.',
  corrupt:
    'It stood in a part of the outbox that cannot be read any more: the card may be at its end. dmesg | grep mmc.',
  refused:
    'This platform did not take it for as long as uplinks.NAME.refusedFor says. Its log names the reason; ask who runs it. ' +
    'Other platforms have it. dorpel queue.',
  operator: 'Somebody who runs the gateway gave it up.',
  unclean:
    'The program was killed or the power went: such numbers may or may not have been told, and a delivery counts. Look at ' +
    'the supply: dorpel history gateway/under_voltage.',
};

/** Words that stand as `why` beside a quality, wherever the part comes from. */
export const WHYS: Readonly<Record<string, string>> = {
  fell:
    'A counter reads less than before. Nobody can say yet whether it was misread, so there is no value until it has gone on ' +
    'from there for a minute. Was the meter swapped?',
  restarted: 'The counter began anew: reset or swapped, nobody knows. The platform must not count the step as use.',
  'rolled-over': 'The counter passed the highest number that it can show and goes on from 0.',
  swapped: 'The meter has another serial number than before: its counters are those of another meter.',
  'meter-clock':
    'The part gives a time that cannot be, so the time is that of the gateway. Set the clock of the meter.',
  'no-value': 'The driver told a quantity without a value and without saying why: a mistake of the driver.',
  'not-a-number': 'What was computed is no number: look at calibrate of the stream, then at the driver.',
};

/** What platforms say no with: reason codes of MQTT 5 (OASIS, "PUBACK Reason Code"). */
export const REFUSALS: Readonly<Record<string, string>> = {
  '0x80': 'The platform gives no reason. Its own log has one: ask who runs it.',
  '0x83': 'The platform takes the message and does not want it: a rule of its own. Ask who runs it.',
  '0x87':
    'Not authorised: the access list of the broker does not let this gateway write to that topic. Compare the topic in ' +
    'the log with the list (deploy/broker/access.acl); gateway.owner and gateway.id are part of it.',
  '0x90': 'The broker does not take such a topic name: see uplinks.NAME.root, gateway.owner and gateway.id.',
  '0x95': 'The message is larger than the broker takes: uplinks.NAME.batches: never makes them small.',
  '0x97': 'A quota of the platform is used up. What is refused is kept and told again; ask who runs it for more.',
  '0x99':
    'The platform does not take this payload for what it says it is. dorpel verify judges the feed by its contract.',
};
