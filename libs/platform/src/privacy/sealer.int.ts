import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import canonicalize from 'canonicalize';
import { PURPOSES, type NewEvent, type Purpose } from '@minipilot/kernel/event.js';
import { ensureKeys, loadKeys } from './keys.js';
import type { Randomness, ToSeal } from './port.js';
import { demoRandomness, systemRandomness } from './randomness.js';
import { KeyNotHeld, SealBroken, VaultSealer, verifyCommitment, type SealedEvent } from './sealer.js';
import { Vault } from './vault.js';

const newEvent = (over: Partial<NewEvent> = {}): NewEvent => ({
  id: '5d3a4f0e-0000-5000-8000-000000000001',
  type: 'pilot.submitted',
  v: 1,
  stream: 'demo.pilot-1',
  at: '2027-03-01T08:00:00.000Z',
  tenant: 'demo',
  actor: 's1',
  commandId: 'c1',
  correlationId: 'c1',
  causationId: 'c1',
  fp: '',
  data: { district: 'north' },
  ...over,
});
const contact: ToSeal = { subject: 's1', purpose: 'contact', payload: { v: 1, name: 'Aino Planted-Virtanen', code: '131052-308T' } };
const iban: ToSeal = { subject: 's1', purpose: 'iban', payload: { v: 1, iban: 'FI2112345600000785' } };

describe('sealer', () => {
  let dir: string;
  let vault: Vault;
  let sealer: VaultSealer;
  const closing: Vault[] = [];
  const world = async (name: string, random: Randomness = systemRandomness, purposes: readonly Purpose[] = PURPOSES) => {
    const keysDir = join(dir, 'keys');
    ensureKeys(keysDir);
    const keys = loadKeys(keysDir, purposes);
    const opened = await Vault.open({ file: join(dir, name), masterKey: keys.masterKey, random });
    closing.push(opened);
    return { vault: opened, sealer: new VaultSealer({ vault: opened, keys, random }) };
  };
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sealer-'));
    ({ vault, sealer } = await world('vault.sqlite'));
  });
  afterAll(async () => {
    for (const each of closing) await each.close();
    rmSync(dir, { recursive: true });
  });

  const sealOne = async (event: NewEvent, ...seal: ToSeal[]) => (await sealer.seal([{ event, seal }]))[0]!;
  /** as it comes back from a store */
  const stored = (event: NewEvent): NewEvent => JSON.parse(JSON.stringify(event)) as NewEvent;
  const filesContain = (text: string | Buffer) =>
    readdirSync(dir).filter((name) => name.startsWith('vault.') && readFileSync(join(dir, name)).includes(text));

  it('seals each part for its purpose and opens it again', async () => {
    const event = newEvent();
    const [sealed, plain] = await sealer.seal([
      { event, seal: [contact, iban] },
      { event: newEvent({ id: 'e2' }), seal: [] },
    ]);
    expect(plain).toEqual(newEvent({ id: 'e2' }));
    expect(event).toEqual(newEvent());
    const { sealed: refs, ciphertexts, ...rest } = sealed!;
    expect(rest).toEqual(event);
    expect(refs!.map(({ subject, purpose }) => ({ subject, purpose }))).toEqual([
      { subject: 's1', purpose: 'contact' },
      { subject: 's1', purpose: 'iban' },
    ]);
    for (const [i, ref] of refs!.entries()) {
      expect(ciphertexts![i]).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(ref.ct).toBe(createHash('sha256').update(Buffer.from(ciphertexts![i]!, 'base64url')).digest('hex'));
    }
    const back = stored(sealed!);
    expect(await sealer.unseal(back, 'contact', 's1')).toEqual(contact.payload);
    expect(await sealer.unseal(back, 'iban', 's1')).toEqual(iban.payload);
    const other = await world('vault.sqlite');
    expect(await other.sealer.unseal(back, 'iban', 's1')).toEqual(iban.payload);
  });

  it('commits to payload and salt as written down, and opens the commitment', async () => {
    const sealed = await sealOne(newEvent(), contact);
    const { payload, salt } = (await sealer.unsealWithSalt(sealed, 'contact', 's1'))!;
    const { com } = sealed.sealed![0]!;
    expect(salt).toMatch(/^[0-9a-f]{64}$/);
    expect(com).toBe(
      createHash('sha256').update('minipilot/com/v1').update(Buffer.from(salt, 'hex')).update(canonicalize(payload)!).digest('hex'),
    );
    expect(verifyCommitment(com, salt, payload)).toBe(true);
    expect(verifyCommitment(com, salt, { ...payload, v: 2 })).toBe(false);
    expect(verifyCommitment(com, `${salt.slice(0, 63)}${salt.endsWith('0') ? '1' : '0'}`, payload)).toBe(false);
    expect(verifyCommitment(com, `${salt}zz`, payload)).toBe(false);
  });

  it('uses another key, nonce and salt each time', async () => {
    const [a, b] = [await sealOne(newEvent(), contact), await sealOne(newEvent(), contact)];
    expect(a.sealed![0]!.com).not.toBe(b.sealed![0]!.com);
    expect(a.ciphertexts![0]!.slice(0, 16)).not.toBe(b.ciphertexts![0]!.slice(0, 16));
    expect(await sealer.unseal(a, 'contact', 's1')).toEqual(contact.payload);
    expect(await sealer.unseal(b, 'contact', 's1')).toEqual(contact.payload);
  });

  it('round-trips whatever JSON holds', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    const payloads = fc.dictionary(text, fc.jsonValue({ stringUnit: 'grapheme' }), { maxKeys: 8 }) as fc.Arbitrary<Record<string, unknown>>;
    await fc.assert(
      fc.asyncProperty(payloads, fc.constantFrom(...PURPOSES), text, async (payload, purpose, subject) => {
        const sealed = stored(await sealOne(newEvent(), { subject, purpose, payload }));
        const opened = (await sealer.unsealWithSalt(sealed, purpose, subject))!;
        expect(canonicalize(opened.payload)).toBe(canonicalize(payload));
        expect(verifyCommitment(sealed.sealed![0]!.com, opened.salt, payload)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('does not let the length of scores and ballots speak', async () => {
    const lengths = async (purpose: Purpose, texts: string[]) =>
      new Set(
        await Promise.all(
          texts.map(async (text) => {
            const sealed = await sealOne(newEvent(), { subject: 's1', purpose, payload: { v: 1, text } });
            expect(await sealer.unseal(sealed, purpose, 's1')).toEqual({ v: 1, text });
            return Buffer.from(sealed.ciphertexts![0]!, 'base64url').length - 12 - 16;
          }),
        ),
      );
    const texts = ['', 'x', 'ä'.repeat(100), 'x'.repeat(800)];
    expect(await lengths('scores', texts)).toEqual(new Set([1024]));
    expect(await lengths('ballot', texts)).toEqual(new Set([1024]));
    expect(await lengths('scores', ['x'.repeat(1000)])).toEqual(new Set([2048]));
    expect((await lengths('comment', texts)).size).toBe(4);
    // every boundary
    const around = Array.from({ length: 40 }, (_, i) => 'x'.repeat(870 + i));
    expect(await lengths('scores', around)).toEqual(new Set([1024, 2048]));
  });

  it('refuses what it could not open unambiguously', async () => {
    await expect(sealOne(newEvent(), contact, contact)).rejects.toThrow(RangeError);
    await expect(sealOne(await sealOne(newEvent(), contact), iban)).rejects.toThrow(RangeError);
    await expect(sealOne(newEvent(), { ...contact, payload: { name: '\ud800' } })).rejects.toThrow();
    const two = await sealOne(newEvent(), contact, { ...contact, subject: 's2', payload: { v: 1, name: 'Eino' } });
    expect(await sealer.unseal(two, 'contact', 's2')).toEqual({ v: 1, name: 'Eino' });
    await expect(sealer.unseal(two, 'contact', 's3')).rejects.toThrow(RangeError);
    await expect(sealer.unseal(two, 'iban', 's1')).rejects.toThrow(RangeError);
    await expect(sealer.unseal(newEvent(), 'contact', 's1')).rejects.toThrow(RangeError);
  });

  it('opens only with the private key of the purpose', async () => {
    const sealed = await sealOne(newEvent(), contact, iban);
    const desk = await world('vault.sqlite', systemRandomness, ['contact']);
    expect(await desk.sealer.unseal(sealed, 'contact', 's1')).toEqual(contact.payload);
    await expect(desk.sealer.unseal(sealed, 'iban', 's1')).rejects.toMatchObject({ name: 'KeyNotHeld', purpose: 'iban' });
    const bySealing = (await desk.sealer.seal([{ event: newEvent({ id: 'e3' }), seal: [iban] }]))[0]!;
    await expect(desk.sealer.unseal(bySealing, 'iban', 's1')).rejects.toThrow(KeyNotHeld);
    expect(await sealer.unseal(bySealing, 'iban', 's1')).toEqual(iban.payload);
    await vault.erase('demo', 's1', ['iban']);
    await expect(desk.sealer.unseal(bySealing, 'iban', 's1')).rejects.toThrow(KeyNotHeld);
  });

  it('says so when the pair of a purpose was replaced', async () => {
    const sealed = await sealOne(newEvent(), contact);
    const keysDir = join(dir, 'keys2');
    ensureKeys(keysDir);
    const keys = { ...loadKeys(keysDir, PURPOSES), masterKey: loadKeys(join(dir, 'keys'), []).masterKey };
    await expect(new VaultSealer({ vault, keys, random: systemRandomness }).unseal(sealed, 'contact', 's1')).rejects.toThrow(
      /another key pair/,
    );
  });

  describe('finds what was changed', () => {
    const broken = async (event: SealedEvent, purpose: Purpose = 'contact', subject = 's1') =>
      expect(sealer.unseal(event, purpose, subject)).rejects.toThrow(SealBroken);

    it('each bit of a ciphertext, and a commitment', async () => {
      const sealed = await sealOne(newEvent(), contact);
      const bytes = Buffer.from(sealed.ciphertexts![0]!, 'base64url');
      for (const at of [0, 11, 12, 40, bytes.length - 1]) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1;
        await broken({ ...sealed, ciphertexts: [changed.toString('base64url')] });
      }
      await broken({ ...sealed, ciphertexts: [] });
      await broken({ ...sealed, ciphertexts: undefined });
      await broken({ ...sealed, sealed: [{ ...sealed.sealed![0]!, com: '00'.repeat(32) }] });
    });

    it('a ciphertext and its digest moved together to another event, type, municipality, subject or purpose', async () => {
      const sealed = await sealOne(newEvent(), contact);
      const ref = sealed.sealed![0]!;
      const there = await vault.getWrappedKey({ tenant: 'demo', subject: 's1', purpose: 'contact', eventId: sealed.id, ct: ref.ct });
      expect(there).not.toBeNull();
      await broken({ ...sealed, type: 'pilot.amended' });
      for (const moved of [
        { ...sealed, id: 'e9' },
        { ...sealed, tenant: 'other' },
        { ...sealed, sealed: [{ ...ref, subject: 's9' }] },
        { ...sealed, sealed: [{ ...ref, purpose: 'proposal' as const }] },
      ]) {
        const { purpose, subject } = moved.sealed![0]!;
        // the key is moved along, as somebody with access to the vault's file could
        await vault.putWrappedKeys([{ tenant: moved.tenant, subject, purpose, eventId: moved.id, ct: ref.ct, wrapped: there! }]);
        await broken(moved, purpose, subject);
      }
    });

    it('a payload sealed anew under a commitment that was made for another', async () => {
      const [a, b] = [await sealOne(newEvent(), contact), await sealOne(newEvent(), { ...contact, payload: { v: 1, name: 'Eino' } })];
      await expect(sealer.unseal({ ...b, sealed: [{ ...b.sealed![0]!, com: a.sealed![0]!.com }] }, 'contact', 's1')).rejects.toThrow(
        /commitment/,
      );
    });

    it('each byte of a wrapped key', async () => {
      const sealed = await sealOne(newEvent({ id: 'tampered' }), contact);
      const db = new DatabaseSync(join(dir, 'vault.sqlite'));
      db.exec('drop trigger wrapped_key_insert_only');
      const original = db.prepare("select wrapped from wrapped_key where event_id = 'tampered'").get()!['wrapped'] as Uint8Array;
      const put = db.prepare("update wrapped_key set wrapped = ? where event_id = 'tampered'");
      expect(original).toHaveLength(8 + 32 + 12 + 32 + 16);
      for (let at = 0; at < original.length; at++) {
        // the top bit of an X25519 public key is ignored by the curve, not by the derivation
        put.run(original.map((byte, i) => (i === at ? byte ^ 0x80 : byte)));
        await broken(sealed);
      }
      put.run(new Uint8Array(0));
      await broken(sealed);
      put.run(Buffer.concat([original.subarray(0, 8), Buffer.alloc(32), original.subarray(40)]));
      await broken(sealed);
      put.run(original);
      expect(await sealer.unseal(sealed, 'contact', 's1')).toEqual(contact.payload);
      db.exec(
        "create trigger wrapped_key_insert_only before update on wrapped_key begin select raise(abort, 'wrapped keys are insert-only'); end",
      );
      db.close();
    });
  });

  it('forgets a person: the event stands byte for byte, the text is gone from everywhere', async () => {
    const sealed = await sealOne(newEvent({ id: 'forget-me' }), { ...contact, subject: 'p1' }, { ...iban, subject: 'p1' });
    const bytes = JSON.stringify(sealed);
    for (const planted of ['Aino Planted-Virtanen', '131052-308T', 'FI2112345600000785']) {
      expect(bytes).not.toContain(planted);
      expect(filesContain(planted)).toEqual([]);
    }
    const other = await world('vault.sqlite');
    expect(await other.sealer.unseal(sealed, 'contact', 'p1')).toEqual(contact.payload);
    expect(await vault.erase('demo', 'p1', ['contact', 'proposal', 'comment'])).toMatchObject({
      wrappedKeys: { contact: 1 },
      heldBack: { iban: 1 },
    });
    for (const one of [sealer, other.sealer]) {
      expect(await one.unseal(sealed, 'contact', 'p1')).toBeNull();
      expect(await one.unsealWithSalt(sealed, 'contact', 'p1')).toBeNull();
      expect(await one.unseal(sealed, 'iban', 'p1')).toEqual(iban.payload);
    }
    expect(JSON.stringify(sealed)).toBe(bytes);
    expect(createHash('sha256').update(Buffer.from(sealed.ciphertexts![0]!, 'base64url')).digest('hex')).toBe(sealed.sealed![0]!.ct);
    await expect(sealer.unseal({ ...sealed, ciphertexts: ['AAAA', sealed.ciphertexts![1]!] }, 'contact', 'p1')).rejects.toThrow(SealBroken);
  });

  it('repeats ciphertexts and commitments in a demo, and never shares key and nonce between two texts', async () => {
    const run = async (name: string, event: NewEvent, part: ToSeal, seed = 'seed') =>
      (await (await world(name, demoRandomness(seed))).sealer.seal([{ event, seal: [part] }]))[0]!;
    const first = await run('demo1.sqlite', newEvent(), contact);
    expect(await run('demo2.sqlite', newEvent(), contact)).toEqual(first);
    expect(await run('demo1.sqlite', newEvent(), contact)).toEqual(first);
    expect(await (await world('demo1.sqlite')).sealer.unseal(first, 'contact', 's1')).toEqual(contact.payload);
    const nonces = new Set([first.ciphertexts![0]!.slice(0, 16)]);
    const others = [
      [newEvent(), { ...contact, payload: { ...contact.payload, name: 'Eino' } }],
      [newEvent({ id: 'e2' }), contact],
      [newEvent({ type: 'pilot.amended' }), contact],
      [newEvent({ tenant: 'other' }), contact],
      [newEvent(), { ...contact, subject: 's2' }],
      [newEvent(), { ...contact, purpose: 'proposal' }],
    ] as [NewEvent, ToSeal][];
    for (const [event, part] of others) nonces.add((await run('demo1.sqlite', event, part)).ciphertexts![0]!.slice(0, 16));
    nonces.add((await run('demo1.sqlite', newEvent(), contact, 'another seed')).ciphertexts![0]!.slice(0, 16));
    expect(nonces.size).toBe(8);
  });

  it('takes a new ephemeral key pair every ten minutes', async () => {
    const epochOf = async (id: string) => {
      const sealed = await sealOne(newEvent({ id }), contact);
      const { ct } = sealed.sealed![0]!;
      const wrapped = await vault.getWrappedKey({ tenant: 'demo', subject: 's1', purpose: 'contact', eventId: id, ct });
      expect(await sealer.unseal(sealed, 'contact', 's1')).toEqual(contact.payload);
      return Buffer.from(wrapped!.subarray(8, 40)).toString('hex');
    };
    const now = jest.spyOn(performance, 'now');
    try {
      const first = await epochOf('epoch-1');
      expect(await epochOf('epoch-2')).toBe(first);
      now.mockReturnValue(performance.now() + 600_001);
      const second = await epochOf('epoch-3');
      expect(second).not.toBe(first);
      expect(await epochOf('epoch-4')).toBe(second);
    } finally {
      now.mockRestore();
    }
  });

  it('fingerprints bodies under the actor’s own key, which goes with the person', async () => {
    const second = await world('vault.sqlite');
    const body = { b: 2, a: ['ä', 1] };
    const fp = await sealer.fingerprint('p7', body);
    expect(fp).toBe(
      createHmac('sha256', await vault.actorKey('p7'))
        .update('{"a":["ä",1],"b":2}')
        .digest('hex'),
    );
    expect(await second.sealer.fingerprint('p7', { a: ['ä', 1], b: 2 })).toBe(fp);
    expect(await sealer.fingerprint('p7', { ...body, b: 3 })).not.toBe(fp);
    expect(await sealer.fingerprint('p8', body)).not.toBe(fp);
    await vault.erase('demo', 'p7', []);
    const after = await second.sealer.fingerprint('p7', body);
    expect(after).not.toBe(fp);
    expect(await sealer.fingerprint('p7', body)).toBe(after);
  });

  it('has the keys of all events of one call durable, or none', async () => {
    const keysOf = (id: string) => {
      const db = new DatabaseSync(join(dir, 'vault.sqlite'), { readOnly: true });
      const { n } = db.prepare('select count(*) n from wrapped_key where event_id = ?').get(id) as { n: number };
      db.close();
      return n;
    };
    await sealer.seal([
      { event: newEvent({ id: 'all-1' }), seal: [contact, iban] },
      { event: newEvent({ id: 'all-2' }), seal: [contact] },
    ]);
    expect([keysOf('all-1'), keysOf('all-2')]).toEqual([2, 1]);
    const bad = { ...contact, purpose: 'iban', subject: null as unknown as string } satisfies ToSeal;
    await expect(
      sealer.seal([
        { event: newEvent({ id: 'none-1' }), seal: [contact] },
        { event: newEvent({ id: 'none-2' }), seal: [bad] },
      ]),
    ).rejects.toThrow();
    expect([keysOf('none-1'), keysOf('none-2')]).toEqual([0, 0]);
  });

  it('writes the plaintext as JCS of payload and salt, so that others can open it with the key', async () => {
    // what a demo draws for the part is known, so the ciphertext can be made by hand
    const random = demoRandomness('seed');
    const demo = await world('demo3.sqlite', random);
    const sealed = (await demo.sealer.seal([{ event: newEvent(), seal: [contact] }]))[0]!;
    const aad = canonicalize(['demo', newEvent().id, 'pilot.submitted', 's1', 'contact'])!;
    const drawn = random.bytes(76, `seal/${aad}/${createHash('sha256').update(canonicalize(contact.payload)!).digest('hex')}`);
    const cipher = createCipheriv('aes-256-gcm', drawn.subarray(0, 32), drawn.subarray(32, 44)).setAAD(Buffer.from(aad));
    const text = canonicalize({ salt: drawn.subarray(44).toString('hex'), payload: contact.payload })!;
    const expected = Buffer.concat([drawn.subarray(32, 44), cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    expect(sealed.ciphertexts).toEqual([expected.toString('base64url')]);
  });
});
