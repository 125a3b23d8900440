import { describe, expect, it } from 'vitest';
import { type Message, type Outcome, refusal } from '../../src/uplink/uplink.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { type FeedLoss, type FeedObservation, judged, single } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';

const accepted: Outcome = { kind: 'accepted' };
const notAuthorized = refusal(0x87, 'Not authorized');
const malformed = refusal(0x99, 'Payload format invalid');
const MINUTE_MS = 60_000;

/** What a platform keeps: a capture of what it took. */
class Taking extends FakeUplink {
  readonly taken: Message[] = [];
  refuses: (message: Message) => Outcome | undefined = () => undefined;

  override answer = (message: Message): Outcome => {
    const outcome = this.refuses(message) ?? accepted;
    if (outcome.kind === 'accepted') this.taken.push(message);
    return outcome;
  };

  /** The rule-abiding feed of what was taken: refused descriptors and states count as taken. */
  get feed() {
    return this.taken.map(({ topic, payload }) => ({ topic, payload: String(payload) }));
  }

  observations(device: string): FeedObservation[] {
    const mine = this.feed.flatMap(single).filter(({ topic }) => topic.endsWith(`/${device}/obs`));
    return mine.map(({ payload }) => JSON.parse(payload) as FeedObservation);
  }

  numbers(device: string): number[] {
    return this.observations(device).map(({ seq }) => seq);
  }

  values(device: string): number[] {
    return this.observations(device).map(({ obs }) => obs[0]?.v ?? Number.NaN);
  }

  losses(device: string): FeedLoss[] {
    const mine = this.feed.flatMap(single).filter(({ topic }) => topic.endsWith(`/${device}/loss`));
    return mine.map(({ payload }) => JSON.parse(payload) as FeedLoss);
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const eventsOf = (rig: Rig, kind: string) => rig.events.filter(({ event }) => event === kind);
const isOf = (device: string) => (message: Message) => message.topic.includes(`/${device}/`);

describe('what a platform refuses', () => {
  it('is set aside and does not hold up the rest; taken again, it is told whole', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    const isOfA = ({ isRetained, payload }: Message) => !isRetained && String(payload).includes('"dev":"a"');
    uplink.refuses = (message) => (isOfA(message) ? notAuthorized : undefined);
    await rig.append(1, 700, 'a');
    for (let minute = 1; minute <= 20; minute += 1) {
      await rig.append(700 + minute, 700 + minute, 'a');
      await rig.append(minute, minute, 'b');
      await rig.pass(MINUTE_MS);
    }
    expect(uplink.numbers('b')).toEqual(upTo(20));
    expect(uplink.numbers('a')).toEqual([]);
    expect(rig.forwarder.status.refused).toEqual(['a']);
    // 30 s, then 1, 2, 4, 8 min: some were under way when the first came back.
    expect(uplink.sent.filter(({ topic }) => topic.endsWith('/a/obs')).length).toBeLessThan(30);
    uplink.refuses = () => undefined;
    await rig.pass(11 * MINUTE_MS);
    await rig.settle();
    expect(uplink.numbers('a').toSorted((x, y) => x - y)).toEqual(upTo(720));
    expect(await rig.backlog()).toBe(0);
    expect(rig.forwarder.status).toMatchObject({ refused: [], setAside: 0 });
    for (const kind of ['refused', 'taken-again']) {
      const ofA = eventsOf(rig, kind).filter((event) => 'topic' in event && event.topic.endsWith('/a/obs'));
      expect(ofA.length).toBe(1);
    }
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('for ever is declared after its time, in few losses, and told when it is taken again', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    await rig.settle();
    uplink.refuses = (message) => (isOf('a')(message) && !message.isRetained ? notAuthorized : undefined);
    for (let minute = 1; minute <= 300; minute += 1) {
      await rig.append(minute, minute, 'a');
      await rig.pass(MINUTE_MS, 10_000);
    }
    expect(await rig.backlog()).toBeLessThan(80);
    expect(rig.forwarder.status.refusedForGood).toBeGreaterThan(220);
    expect(eventsOf(rig, 'refused-for-good').length).toBeGreaterThan(0);
    expect(eventsOf(rig, 'refused-for-good').length).toBeLessThan(30);
    uplink.refuses = () => undefined;
    await rig.pass(20 * MINUTE_MS);
    expect(await rig.backlog()).toBe(0);
    const losses = uplink.losses('a');
    expect(losses.length).toBeLessThan(4);
    expect(losses.flatMap(({ lost }) => lost).every(({ reason }) => reason === 'refused')).toBe(true);
    // Every number is there or declared, and none twice.
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('with a reason that stays is declared at once, and the rest goes on', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    await rig.settle();
    const isPoison = ({ payload }: Message) => /"v":(7|8|20),/.test(String(payload));
    uplink.refuses = (message) => (isPoison(message) ? malformed : undefined);
    await rig.append(1, 30, 'a');
    await rig.pass(10_000);
    expect(uplink.numbers('a')).toEqual(upTo(30).filter((n) => n !== 7 && n !== 8 && n !== 20));
    expect(uplink.losses('a').map(({ lost }) => lost)).toEqual([
      [
        { from: 7, to: 8, reason: 'refused' },
        { from: 20, to: 20, reason: 'refused' },
      ],
    ]);
    expect(await rig.backlog()).toBe(0);
    expect(eventsOf(rig, 'refused-for-good')).toMatchObject([{ device: 'a', count: 3 }]);
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('in a batch is found, and only that', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    const isPoison = ({ payload }: Message) => String(payload).includes('"v":777,');
    uplink.refuses = (message) => (isPoison(message) ? malformed : undefined);
    await rig.append(1, 2000, 'a');
    await rig.pass(20_000);
    expect(uplink.numbers('a').toSorted((x, y) => x - y)).toEqual(upTo(2000).filter((n) => n !== 777));
    expect(uplink.losses('a').flatMap(({ lost }) => lost)).toEqual([{ from: 777, to: 777, reason: 'refused' }]);
    expect(uplink.sent.length).toBeLessThan(120);
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it.each([
    ['which it takes none of', notAuthorized],
    ['that are too large for it', refusal(0x95, 'Packet too large')],
  ])('batches %s are told row by row, or in smaller ones', async (_, answer) => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    uplink.refuses = ({ topic, payload }) => (topic.endsWith('/-/batch') && payload.length > 2500 ? answer : undefined);
    await rig.append(1, 1200, 'a');
    for (let more = 0; more < 10; more += 1) await rig.settle();
    expect(uplink.numbers('a').toSorted((x, y) => x - y)).toEqual(upTo(1200));
    expect(await rig.backlog()).toBe(0);
    expect(uplink.sent.length).toBeLessThan(1400);
    expect(uplink.losses('a')).toEqual([]);
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('one row that is refused without a reason that stays does not keep its device waiting', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    await rig.settle();
    uplink.refuses = ({ payload }) => (String(payload).includes('"v":5,') ? refusal(0x80, 'Unspecified') : undefined);
    for (let minute = 1; minute <= 90; minute += 1) {
      await rig.append(minute, minute, 'a');
      await rig.pass(MINUTE_MS, 10_000);
      if (minute > 6) expect(uplink.values('a')).toContain(minute - 1);
    }
    expect(uplink.values('a').toSorted((x, y) => x - y)).toEqual(upTo(90).filter((value) => value !== 5));
    expect(uplink.losses('a').flatMap(({ lost }) => lost)).toEqual([{ from: 5, to: 5, reason: 'refused' }]);
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('losses that are refused are one at a time, however long it goes on', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    await rig.settle();
    uplink.refuses = ({ topic, payload }) => {
      if (topic.endsWith('/loss')) return malformed;
      return topic.endsWith('/a/obs') && Number(/"v":(\d+),"u"/.exec(String(payload))?.[1]) % 2 === 0
        ? malformed
        : undefined;
    };
    for (let minute = 1; minute <= 600; minute += 1) {
      await rig.append(minute, minute, 'a');
      await rig.pass(MINUTE_MS, 20_000);
    }
    expect(uplink.numbers('a').length).toBe(300);
    // One try every ten minutes; each hour those of the hour become one.
    expect(uplink.sent.filter(({ topic }) => topic.endsWith('/loss')).length).toBeLessThan(80);
    expect(await rig.backlog()).toBeLessThan(70);
    uplink.refuses = () => undefined;
    await rig.pass(20 * MINUTE_MS);
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });

  it('descriptors and states that are refused hold up nothing, and come again', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    uplink.refuses = ({ isRetained }) => (isRetained ? notAuthorized : undefined);
    await rig.append(1, 20, 'a');
    await rig.settle();
    expect(uplink.numbers('a')).toEqual(upTo(20));
    expect(eventsOf(rig, 'refused').length).toBe(3);
    uplink.refuses = () => undefined;
    rig.forwarder.announce();
    await rig.pass(2 * MINUTE_MS);
    expect(uplink.taken.filter(({ topic }) => topic.endsWith('/idle/meta')).length).toBe(1);
    expect(eventsOf(rig, 'taken-again').length).toBe(2);
    await rig.end();
  });

  it('goes on resting over a new session, and what was set aside is not lost', async () => {
    const uplink = new Taking();
    const rig = new Rig({ uplink });
    uplink.refuses = ({ topic }) => (topic.endsWith('/a/obs') ? notAuthorized : undefined);
    await rig.append(1, 50, 'a');
    await rig.pass(MINUTE_MS);
    const sent = uplink.sent.length;
    for (let cut = 0; cut < 3; cut += 1) {
      uplink.cut();
      await rig.pass(20_000);
    }
    expect(uplink.sent.slice(sent).filter(({ topic }) => topic.endsWith('/a/obs')).length).toBeLessThan(3);
    uplink.refuses = () => undefined;
    await rig.pass(10 * MINUTE_MS);
    await rig.pass(10 * MINUTE_MS);
    expect(uplink.numbers('a').toSorted((x, y) => x - y)).toEqual(upTo(50));
    await rig.end();
    expect(judged(uplink.feed)).toEqual([]);
  });
});
