import { describe, expect, it } from 'vitest';
import { captured } from '../../src/feed/captured.ts';

const heard = (line: string | Buffer) => {
  const message = captured(Buffer.from(line));
  return message && { ...message, payload: Buffer.from(message.payload).toString('latin1') };
};
const untold = { qos: undefined, isRetained: undefined, at: undefined };

describe('a line of a capture', () => {
  it('as mosquitto_sub -v writes it is a topic and a payload', () => {
    expect(heard('feed/v1/a/b/c/obs {"v": 1}')).toEqual({ topic: 'feed/v1/a/b/c/obs', payload: '{"v": 1}', ...untold });
    expect(heard('topic  two spaces')?.payload).toBe(' two spaces');
    expect(heard(Buffer.from('t \u00ff', 'latin1'))?.payload, 'bytes, not text').toBe('\u00ff');
  });

  it('as mosquitto_sub -F %j writes it tells QoS, retain and the time of arrival', () => {
    const line =
      '{"tst":"2026-11-23T22:25:29.295431Z+0100","topic":"t","qos":1,"retain":1,"payloadlen":2,"payload":"\\"é"}';
    const at = Date.parse('2026-11-23T21:25:29.295Z');
    expect(heard(line)).toEqual({ topic: 't', payload: '"Ã©', qos: 1, isRetained: true, at });
    expect(heard('{"tst":"soon","topic":"t","payload":null}')).toEqual({ topic: 't', payload: '', ...untold });
  });

  it('can hold bytes in base64 or in hexadecimal', () => {
    const at = Date.parse('2026-11-23T16:05:00.000Z');
    expect(heard('{"topic":"t","payload_b64":"eJwA","qos":0,"retain":false,"at":"2026-11-23T16:05:00.000Z"}')).toEqual({
      topic: 't',
      payload: 'x\u009c\u0000',
      qos: 0,
      isRetained: false,
      at,
    });
    expect(heard('{"topic":"t","payload_hex":"789c00"}')?.payload).toBe('x\u009c\u0000');
  });

  it.each(['nothing', ' payload', '{"topic":"t","payl', '{"topic":"t","payload":{"v":1}}', '{"payload":"x"}', '{}'])(
    'is not %j',
    (line) => {
      expect(heard(line)).toBeUndefined();
    },
  );
});
