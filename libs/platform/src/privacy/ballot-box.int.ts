import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewEvent } from '@minipilot/kernel/event.js';
import { BallotBoxes, BoxGone } from './ballot-box.js';
import { openSealed, privateKeyOf, PUBLIC } from './hybrid.js';
import { ensureKeys, loadKeys } from './keys.js';
import { demoRandomness } from './randomness.js';
import { KeyNotHeld, SealBroken, VaultSealer } from './sealer.js';
import { SecretDestroyed, Vault } from './vault.js';

const BOX = '5d3a4f0e-0000-5000-8000-00000000000b';
const cast = (n: number, over: Partial<NewEvent> = {}): NewEvent => ({
  id: `5d3a4f0e-0000-5000-8000-${String(n).padStart(12, '0')}`,
  type: 'vote.cast',
  v: 1,
  stream: `demo.vote-${n}`,
  at: '2027-10-01T08:00:00.000Z',
  tenant: 'demo',
  actor: `voter-${n}`,
  commandId: `c${n}`,
  correlationId: `c${n}`,
  causationId: `c${n}`,
  fp: '',
  data: { call: BOX },
  ...over,
});

describe('a ballot box', () => {
  let dir: string;
  let vault: Vault;
  // derived randomness, as in a demonstration: a box must not use it
  const random = demoRandomness('known to all');
  const world = (purposes: readonly 'ballot'[]) => {
    const keys = loadKeys(join(dir, 'keys'), purposes);
    const sealer = new VaultSealer({ vault, keys, random });
    return { keys, sealer, boxes: new BallotBoxes({ vault, sealer, keys }) };
  };
  const seal = async (to: string, n: number, payload: Record<string, unknown>) => {
    const [event] = await world([]).sealer.seal([{ event: cast(n), seal: [{ subject: BOX, purpose: 'ballot', payload, to }] }]);
    return JSON.parse(JSON.stringify(event)) as NewEvent;
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'box-'));
    ensureKeys(join(dir, 'keys'), { demoSeed: 'known to all' });
    vault = await Vault.open({ file: join(dir, 'vault.sqlite'), masterKey: loadKeys(join(dir, 'keys'), []).masterKey, random });
  });
  afterEach(async () => {
    await vault.close();
    rmSync(dir, { recursive: true });
  });
  const bytes = () => readdirSync(dir).flatMap((name) => (name.startsWith('vault') ? [readFileSync(join(dir, name))] : []));

  it('is made once, however often and by whomever', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => world([]).boxes.prepare('demo', BOX)));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await world([]).boxes.prepare('other', BOX)).not.toBe(keys[0]);
  });

  it('is opened only by whoever holds the key for ballots, and only by its own key', async () => {
    const to = await world([]).boxes.prepare('demo', BOX);
    const other = await world([]).boxes.prepare('demo', cast(99).id);
    const event = await seal(to, 1, { v: 1, tracker: 'T', choices: [1] });
    await expect(world([]).boxes.opener('demo', BOX)).rejects.toThrow(KeyNotHeld);
    const open = await world(['ballot']).boxes.opener('demo', BOX);
    expect(await open(event)).toEqual({ v: 1, tracker: 'T', choices: [1] });
    // the purpose's own key is not enough
    await expect(world(['ballot']).sealer.unseal(event, 'ballot', BOX)).rejects.toThrow(SealBroken);
    expect(other).not.toBe(to);
    await expect((await world(['ballot']).boxes.opener('demo', cast(99).id))(event)).rejects.toThrow(RangeError);
    await expect(open({ ...event, tenant: 'other' })).resolves.toBeNull();
    await expect(open({ ...event, ciphertexts: [event.ciphertexts![0]!.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))] })).rejects.toThrow(
      SealBroken,
    );
  });

  it('seals every ballot to one length, and never with derived randomness', async () => {
    const to = await world([]).boxes.prepare('demo', BOX);
    const small = { v: 1, tracker: 'T', choices: [1] };
    const large = { v: 1, tracker: 'T', choices: Array.from({ length: 100 }, (_, i) => i + 900) };
    const [a, again, b] = [await seal(to, 1, small), await seal(to, 1, small), await seal(to, 1, large)];
    expect(a.ciphertexts![0]!.length).toBe(b.ciphertexts![0]!.length);
    expect(again.ciphertexts).not.toEqual(a.ciphertexts);
    expect(again.sealed![0]!.com).not.toBe(a.sealed![0]!.com);
  });

  it('masks: the same for the same words, other words or another box give something else', async () => {
    const { boxes } = world([]);
    await boxes.prepare('demo', BOX);
    await boxes.prepare('demo', cast(99).id);
    const one = await boxes.masked('demo', BOX, 'tracker', 'a');
    expect(await boxes.masked('demo', BOX, 'tracker', 'a')).toEqual(one);
    for (const other of [await boxes.masked('demo', BOX, 'tracker', 'b'), await boxes.masked('demo', cast(99).id, 'tracker', 'a')])
      expect(other).not.toEqual(one);
    await expect(boxes.masked('demo', cast(98).id, 'x')).rejects.toThrow(BoxGone);
  });

  it('has a secret for ballots on paper, also where nobody votes online, and none of it is left when it is destroyed', async () => {
    const { boxes } = world(['ballot']);
    const secret = await boxes.paperSecret('demo', BOX);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await world([]).boxes.paperSecret('demo', BOX)).toBe(secret);
    expect(await boxes.paperSecret('other', BOX)).not.toBe(secret);
    const online = cast(99).id;
    await boxes.prepare('demo', online);
    const mask = await boxes.masked('demo', online, 'x');
    await boxes.paperSecret('demo', online);
    expect(await boxes.masked('demo', online, 'x')).toEqual(mask);
    await boxes.destroy('demo', BOX);
    await expect(boxes.paperSecret('demo', BOX)).rejects.toThrow(SecretDestroyed);
  });

  it('is destroyed for good: no key in any file, no ballot opened, no mask, no second box of its name', async () => {
    const { boxes, keys } = world(['ballot']);
    const to = await boxes.prepare('demo', BOX);
    const event = await seal(to, 1, { v: 1, tracker: 'T', choices: [1] });
    const open = await boxes.opener('demo', BOX);
    const kept = await vault.getSecret('demo', `ballot-box:${BOX}`);
    const place = { tenant: 'demo', subject: BOX, purpose: 'ballot' as const, eventId: event.id, ct: event.sealed![0]!.ct };
    const wrapped = Buffer.from((await vault.getWrappedKey(place))!);
    expect(bytes().some((file) => file.includes(wrapped))).toBe(true);
    // whoever kept a copy of the vault and the key for ballots could open it: so copies must go too
    const info = (pair: Buffer) => Buffer.concat([Buffer.from('minipilot/ballot-box/v1'), pair]);
    const aad = Buffer.from(JSON.stringify(['demo', BOX]));
    expect(privateKeyOf(openSealed(keys.privateKeys.ballot!, info, aad, kept!.subarray(PUBLIC))).asymmetricKeyType).toBe('x25519');

    await boxes.destroy('demo', BOX);
    await boxes.destroy('demo', BOX);
    expect(bytes().some((file) => file.includes(wrapped))).toBe(false);
    expect(await open(event)).toBeNull();
    await expect(boxes.opener('demo', BOX)).rejects.toThrow(BoxGone);
    await expect(boxes.masked('demo', BOX, 'tracker', 'a')).rejects.toThrow(BoxGone);
    await expect(boxes.prepare('demo', BOX)).rejects.toThrow(SecretDestroyed);
  });
});
