import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batch, EPOCH, loss, meta, NOW, obs, reading, type Sent, state, told, verdictOn } from './messages.ts';

const air = 'gw/air 5f0c7c1e';
const [one, two, three, four] = [obs(1), obs(2), obs(3), obs(4)];
const texts = (...sent: readonly Sent[]) => sent.map(({ payload }) => `${payload}`);

describe('numbers', () => {
  it('that have all come are complete', () => {
    const verdict = verdictOn([meta(), one, two, three]);
    expect(verdict).toMatchObject({ isComplete: true, messages: 4, others: 0, complaints: [] });
    expect(verdict.accounts).toMatchObject([{ from: 1, to: 3, delivered: 3, declaredLost: 0, resends: 0 }]);
  });

  it('that are neither delivered nor declared lost are missing', () => {
    const verdict = verdictOn([meta(), two, obs(7), loss(8, 4, 5)]);
    expect(verdict.isComplete).toBe(false);
    expect(told(verdict)).toEqual([`missing: ${air} 1, 3, 6`]);
    expect(verdict.complaints).toMatchObject([{ fault: 'missing', count: 3 }]);
  });

  it('that are declared lost are not missing, and the declaration has a number of its own', () => {
    const verdict = verdictOn([meta(), one, loss(5, 2, 4)]);
    expect(told(verdict)).toEqual([]);
    expect(verdict.accounts).toMatchObject([{ to: 5, delivered: 2, declaredLost: 3 }]);
    expect(told(verdictOn([meta(), one, two, loss(4, 2, 2, 'unclean')]))).toEqual([`missing: ${air} 3`]);
  });

  it('that come again in the same bytes are counted as resends', () => {
    expect(verdictOn([meta(), one, two, one, one])).toMatchObject({ isComplete: true, accounts: [{ resends: 2 }] });
  });

  it('that come again with one byte changed are told', () => {
    const changed = { ...two, payload: `${two.payload}`.replace('7.4', '7.5') };
    expect(told(verdictOn([meta(), one, two, changed]))).toEqual([`changed: ${air} 2`]);
    expect(told(verdictOn([meta(), one, two, loss(2, 1, 1, 'unclean')])), 'a loss under the same number').toEqual([
      `changed: ${air} 2`,
    ]);
  });

  it.each(['quota', 'expired', 'corrupt', 'refused', 'operator'])(
    'that are delivered and declared lost (%s) are told',
    (reason) => {
      expect(told(verdictOn([meta(), loss(4, 2, 3, reason), one, two, three]))).toEqual([`overlap: ${air} 2-3`]);
    },
  );

  it('that were reserved before a power cut count as delivered where they came after all', () => {
    const verdict = verdictOn([meta(), one, two, loss(5, 2, 4, 'unclean')]);
    expect(told(verdict)).toEqual([]);
    expect(verdict.accounts).toMatchObject([{ delivered: 3, declaredLost: 2, overlap: [] }]);
  });

  it('are counted for each gateway, device and epoch by itself', () => {
    const epoch = EPOCH.replace('5f', '6f');
    const verdict = verdictOn([meta(), one, obs(2, { epoch }), two]);
    expect(told(verdict)).toEqual(['missing: gw/air 6f0c7c1e 1']);
    expect(verdict.accounts).toHaveLength(2);
  });

  it('count from the lowest that is seen where a capture begins in the middle', () => {
    const middle = { isFromFirstSeen: true, isMetaNeeded: false };
    const verdict = verdictOn([obs(12), obs(11), loss(14, 3, 10)], middle);
    expect(told(verdict)).toEqual([`missing: ${air} 13`]);
    expect(verdict.accounts).toMatchObject([{ from: 11, to: 14, declaredLost: 0 }]);
    expect(told(verdictOn([state(9, 0), state(9, 0)], middle)), 'a device that says nothing').toEqual([]);
  });
});

describe('a head that a state tells', () => {
  it('and that has not arrived is missing', () => {
    expect(told(verdictOn([meta(), one, state(3, 0)]))).toEqual([`missing: ${air} 2-3`]);
  });

  it('is not missed while the gateway says that it is in its backlog', () => {
    const verdict = verdictOn([meta(), one, state(3, 2)]);
    expect(verdict).toMatchObject({
      isComplete: true,
      accounts: [{ to: 3, missing: [], notArrivedYet: [{ from: 2 }] }],
    });
  });

  it('is missing where the backlog is too small to hold it, or where a later state has emptied it', () => {
    expect(told(verdictOn([meta(), one, state(4, 2)]))).toEqual([`missing: ${air} 2-4`]);
    expect(told(verdictOn([meta(), one, state(3, 2), state(3, 0)]))).toEqual([`missing: ${air} 2-3`]);
    const epoch = EPOCH.replace('5f', '6f');
    expect(told(verdictOn([meta(), one, state(3, 2), state(3, 3, { epoch })]))).toEqual([`missing: ${air} 2-3`]);
  });

  it('excuses no hole below what has arrived', () => {
    expect(told(verdictOn([meta(), one, three, state(5, 9)]))).toEqual([`missing: ${air} 2`]);
  });

  it('stays when the Will comes, which tells none', () => {
    const will = state(0, 0, { online: false, heads: undefined, backlog: undefined });
    expect(told(verdictOn([meta(), one, state(2, 1), will]))).toEqual([]);
    expect(told(verdictOn([meta(), one, state(2, 0), will]))).toEqual([`missing: ${air} 2`]);
  });
});

describe('a batch', () => {
  const whole = batch(...texts(one, two, loss(4, 3, 3)));

  it('is judged as the messages it is made of, each in its own bytes', () => {
    const verdict = verdictOn([meta(), one, whole]);
    expect(told(verdict)).toEqual([]);
    expect(verdict.accounts).toMatchObject([{ delivered: 3, declaredLost: 1, resends: 1 }]);
    const spaced = { ...whole, payload: `${whole.payload}`.replaceAll('},{"v":1,"gw"', '} ,\n {"v":1,"gw"') };
    expect(told(verdictOn([meta(), one, spaced])), 'white space between messages').toEqual([]);
  });

  it('with one altered byte is told', () => {
    const altered = { ...whole, payload: `${whole.payload}`.replace('"seq":2,', '"seq":2, ') };
    expect(told(verdictOn([meta(), whole, altered])), 'a space in the message').toEqual([`changed: ${air} 2`]);
    const written = obs(1, { obs: [{ ...reading, why: 'an odd " ] , { and \\' }] });
    const number = { ...written, payload: `${written.payload}`.replace('7.4', '7.40') };
    expect(told(verdictOn([meta(), written, batch(...texts(number, two))]))).toEqual([`changed: ${air} 1`]);
    expect(told(verdictOn([meta(), written, batch(...texts(written, two))]))).toEqual([]);
  });

  it('is inflated where it is deflated', () => {
    const topic = `${whole.topic}-deflate`;
    const deflated = deflateSync(Buffer.from(whole.payload));
    expect(told(verdictOn([meta(), whole, { topic, payload: deflated }]))).toEqual([]);
    const broken = Buffer.from(deflated);
    broken.writeUInt8(deflated.readUInt8(9) ^ 1, 9);
    expect(told(verdictOn([meta(), whole, { topic, payload: broken }])).join()).toMatch(/^form: .* cannot be read: /);
  });

  it.each(['[]', '{}', '"x"', '[1]', '[[]]', '[null]'])('of %s is none', (payload) => {
    expect(verdictOn([batch(), { ...whole, payload }]).isComplete).toBe(false);
  });
});

describe('a message', () => {
  it('must come after the meta that describes it', () => {
    expect(told(verdictOn([one, two, meta(), three]))).toEqual([`undescribed: ${one.topic} seq 1 pm25`]);
    const more = obs(1, { obs: [reading, { ...reading, n: 'pm10' }] });
    expect(told(verdictOn([meta(), more, two]))).toEqual([`undescribed: ${one.topic} seq 1 pm10`]);
    expect(told(verdictOn([one, two], { isFromFirstSeen: true, isMetaNeeded: false }))).toEqual([]);
  });

  it('keeps the unit of its stream until a meta changes it', () => {
    const other = (seq: number) => obs(seq, { obs: [{ ...reading, u: 'mg/m3' }] });
    const streams = [{ n: 'pm25', quantity: 'pm25', u: 'mg/m3', kind: 'instant', range: [0, 1], calibration: 'raw' }];
    expect(told(verdictOn([meta(), one, other(2)]))).toEqual([`unit: ${one.topic} seq 2 pm25 in mg/m3, not ug/m3`]);
    expect(told(verdictOn([meta(), one, meta({ streams }), other(2)]))).toEqual([]);
  });

  it('is not from the future', () => {
    expect(told(verdictOn([meta(), { ...one, at: NOW - 5 * 60_000 }]))).toEqual([]);
    expect(told(verdictOn([meta(), { ...one, at: NOW - 5 * 60_000 - 1 }])).join()).toMatch(/^future: .* seq 1 2026/);
    expect(told(verdictOn([{ ...state(0, 0), at: NOW - 600_000 }])).join()).toMatch(/^future: /);
  });

  it('says of itself what its topic says', () => {
    const elsewhere = { ...one, topic: one.topic.replace('/air/', '/noise/') };
    expect(told(verdictOn([meta(), elsewhere]))).toEqual([`identity: ${elsewhere.topic} seq 1 is of gw/air`]);
    const foreign = { ...batch(...texts(one)), topic: 'feed/v1/heihoek/gw2/-/batch' };
    expect(told(verdictOn([meta(), foreign]))).toEqual([`identity: ${foreign.topic} seq 1 is of gw/air`]);
  });

  it('keeps to the form of its kind, and has come all the same', () => {
    const spoilt = [
      { obs: [{ ...reading, v: null }] },
      { obs: [{ ...reading, q: 'good' }] },
      { obs: [] },
      { seq: 1, sent: 'now' },
      { t: '2026-11-23T16:05:00Z' },
    ];
    for (const changes of spoilt) {
      const verdict = verdictOn([meta(), obs(1, changes)]);
      expect(verdict.complaints, JSON.stringify(changes)).toMatchObject([{ fault: 'form', count: 1 }]);
    }
    const infinite = { ...one, payload: `${one.payload}`.replace('7.4', '1e999') };
    expect(told(verdictOn([meta(), infinite])).join()).toMatch(/^form: .*obs\[0\]\.v should be a finite number/);
    expect(told(verdictOn([meta(), one, loss(2, 1, 1, 'bored')])).join()).toMatch(/^form: .* should be one of quota/);
    expect(told(verdictOn([meta(), loss(9, 8, 1)])).join()).toMatch(/form: .*\.lost from 8 to 1$/);
  });

  it.each(['', '{', 'null', '1', '\ufeff{}', '\u0000'])('that is no object (%j) is told', (payload) => {
    for (const { topic } of [one, loss(1, 1, 1), meta(), state(1, 0)]) {
      expect(verdictOn([{ topic, payload }]).complaints, topic).toMatchObject([{ fault: 'form', count: 1 }]);
    }
  });

  it('that is not UTF-8 is told', () => {
    const payload = Buffer.from(`${one.payload}`.replace('"ok"', '"ok","why":"é"'), 'latin1');
    expect(told(verdictOn([meta(), { ...one, payload }])).join()).toMatch(/^form: .* cannot be read/);
  });

  it('stands under a topic of the contract, in lower case; what is no part of the feed is not judged', () => {
    const wrong = ['feed/v1/heihoek/gw/air/alert', 'feed/v1/heihoek/gw/-/obs', 'feed/v1/heihoek/gw/air/state'];
    for (const topic of [...wrong, 'feed/v1/Heihoek/gw/air/obs', 'feed/v1/a.b/gw/air/obs', `${one.topic}/x`]) {
      expect(told(verdictOn([{ ...one, topic }])), topic).toEqual([`topic: ${topic}`]);
    }
    const verdict = verdictOn([
      { ...one, topic: 'feed/v2/x' },
      { ...one, topic: 'other' },
    ]);
    expect(verdict, 'and nothing judged is not complete').toMatchObject({ isComplete: false, messages: 0, others: 2 });
  });
});

describe('QoS and retain', () => {
  it('of an observation: never retained', () => {
    expect(told(verdictOn([meta(), { ...one, isRetained: true }]))).toEqual([`retain: ${one.topic} is retained`]);
    expect(
      told(
        verdictOn([
          { ...meta(), isRetained: true },
          { ...one, isRetained: false },
        ]),
      ),
    ).toEqual([]);
  });

  it('of a meta: retained, where the capture can tell', () => {
    const forwarded = { ...meta(), isRetained: false };
    expect(told(verdictOn([forwarded, one]))).toEqual([]);
    expect(told(verdictOn([forwarded, one], { isAsPublished: true }))).toEqual([
      `retain: ${forwarded.topic} is not retained`,
    ]);
  });

  it('0 is told unless the whole capture has it: then it was the subscription’s', () => {
    const all = (qos: number) => [meta(), one, two].map((sent) => ({ ...sent, qos }));
    expect(told(verdictOn(all(0)))).toEqual([]);
    expect(told(verdictOn(all(1)))).toEqual([]);
    expect(told(verdictOn([...all(1), { ...three, qos: 0 }]))).toEqual([`qos: ${one.topic} QoS 0`]);
    expect(told(verdictOn(all(0), { isAsPublished: true }))).toEqual([`qos: ${meta().topic} QoS 0`]);
    expect(told(verdictOn([meta(), { ...one, qos: 2 }]))).toEqual([`qos: ${one.topic} QoS 2`]);
  });
});

it('Of many complaints of a kind a few are shown, and all are counted.', () => {
  const spoilt = Array.from({ length: 30 }, (_, index) => obs(index + 1, { clk: 'sundial' }));
  const { complaints } = verdictOn([meta(), ...spoilt, four]);
  expect(complaints).toMatchObject([
    { fault: 'changed', count: 1 },
    { fault: 'form', count: 30, examples: { length: 5 } },
  ]);
});
