import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { demoRandomness, systemRandomness } from './randomness.js';
import { IdentityTaken, SecretDestroyed, StaleDraft, Vault, type Draft, type Identity } from './vault.js';

const NOW = '2027-03-01T08:00:00.000Z';
const LATER = '2027-03-02T08:00:00.000Z';
const EXPIRY = '2027-04-01T00:00:00.000Z';
const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const masterKey = Buffer.alloc(32, 7);

describe('vault', () => {
  let dir: string;
  let path: string;
  let vault: Vault;
  let open: Vault[];
  const openVault = async (random = systemRandomness, file = path) => {
    const opened = await Vault.open({ file, masterKey, random });
    open.push(opened);
    return opened;
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vault-'));
    path = join(dir, 'data', 'vault.sqlite');
    open = [];
    vault = await openVault();
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    rmSync(dir, { recursive: true });
  });

  const filesContain = (text: string | Buffer) =>
    readdirSync(join(dir, 'data')).filter((name) => readFileSync(join(dir, 'data', name)).includes(text));
  const raw = <T>(run: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(path);
    try {
      return run(db);
    } finally {
      db.close();
    }
  };
  const email = (value: string): Identity => ({ kind: 'email', value });
  const newDraft = (over: Partial<Draft> = {}) =>
    vault.createDraft({
      id: 'd1',
      tenant: 'demo',
      owner: 'o1',
      scope: 'application/c1',
      body: { idea: 'Benches' },
      now: NOW,
      expiresAt: EXPIRY,
      ...(over as object),
    });

  describe('subject register', () => {
    const CANDIDATE = '5f0c8f44-8a3e-5d0e-9d57-0c9a1f1f1f1f';

    it('gives a new subject the id that is offered, once', async () => {
      const offered = { subject: CANDIDATE, known: false, weak: false };
      expect(await vault.resolve('demo', email('a@example.fi'), CANDIDATE)).toEqual(offered);
      expect(await vault.resolve('demo', email('a@example.fi'), CANDIDATE)).toEqual({ ...offered, known: true });
      const other = await vault.resolve('demo', email('b@example.fi'), CANDIDATE);
      expect(other).toEqual({ subject: expect.stringMatching(UUID4), known: false, weak: false });
      await vault.forgetIdentities('demo', CANDIDATE);
      expect((await vault.resolve('demo', email('a@example.fi'), CANDIDATE)).subject).not.toBe(CANDIDATE);
    });

    it('gives one random subject for one identity, however it is spelled', async () => {
      const first = await vault.resolve('demo', email('Aino.Virtanen@Example.fi'));
      expect(first).toEqual({ subject: expect.stringMatching(UUID4), known: false, weak: false });
      expect(await vault.resolve('demo', email(' aino.virtanen@example.FI '))).toEqual({ ...first, known: true });
      expect(await vault.resolve('demo', email('aino.virtanen@example.fi'), CANDIDATE)).toEqual({ ...first, known: true });
      for (const [a, b] of [
        [
          { kind: 'identity-code', value: '131052-308T' },
          { kind: 'identity-code', value: ' 131052-308t' },
        ],
        [
          { kind: 'business-id', value: '0112038-9' },
          { kind: 'business-id', value: 'FI01120389' },
        ],
        [
          { kind: 'business-id', value: '112038-9' },
          { kind: 'business-id', value: '0112038-9' },
        ],
        [
          { kind: 'weak', name: 'Aino  Virtanen', reach: '+358 40 123 4567' },
          { kind: 'weak', name: 'aino virtanen', reach: '040-1234567' },
        ],
        [
          { kind: 'weak', name: 'Aino Virtanen', reach: 'Puistokatu 1 A 2' },
          { kind: 'weak', name: 'Aino Virtanen', reach: 'puistokatu 1 a 2 ' },
        ],
      ] as [Identity, Identity][]) {
        const { subject } = await vault.resolve('demo', a);
        expect(await vault.resolve('demo', b)).toEqual({ subject, known: true, weak: a.kind === 'weak' });
      }
    });

    it('takes letters of an e-mail address for no others that look like them', async () => {
      const subjects = [];
      for (const value of ['koordinaattori@example.fi', '\uff4boordinaattori@example.fi', 'koordinaattor\u2170@example.fi'])
        subjects.push((await vault.resolve('demo', email(value))).subject);
      expect(new Set(subjects).size).toBe(3);
      // the same letter written in two ways
      const { subject } = await vault.resolve('demo', email('j\u00e4sen@example.fi'));
      expect(await vault.resolve('demo', email('ja\u0308sen@example.fi'))).toMatchObject({ subject, known: true });
      // names and numbers go on as people write them
      const weak = await vault.resolve('demo', { kind: 'weak', name: 'Aino \uff36irtanen', reach: '0401234567' });
      expect(await vault.resolve('demo', { kind: 'weak', name: 'Aino Virtanen', reach: '0401234567' })).toMatchObject({
        subject: weak.subject,
      });
    });

    it('keeps people, kinds and municipalities apart', async () => {
      const all = [
        await vault.resolve('demo', email('a@example.fi')),
        await vault.resolve('demo', email('b@example.fi')),
        await vault.resolve('other', email('a@example.fi')),
        await vault.resolve('demo', { kind: 'identity-code', value: 'a@example.fi' }),
        await vault.resolve('demo', { kind: 'weak', name: 'Aino', reach: '0401234567' }),
        await vault.resolve('demo', { kind: 'weak', name: 'Aino', reach: '0401234568' }),
        await vault.resolve('demo', { kind: 'weak', name: 'Eino', reach: '0401234567' }),
      ];
      expect(new Set(all.map(({ subject }) => subject)).size).toBe(all.length);
      expect(all.every(({ known }) => !known)).toBe(true);
      // nor can the registers of two municipalities be joined by who has the file
      const tags = raw((db) =>
        db
          .prepare('select tag from identity')
          .all()
          .map((row) => Buffer.from(row['tag'] as Uint8Array).toString('hex')),
      );
      expect(new Set(tags).size).toBe(all.length);
    });

    it('refuses an empty identity', async () => {
      for (const identity of [email('  '), { kind: 'weak', name: 'Aino', reach: '' }, { kind: 'business-id', value: 'FI' }] as Identity[]) {
        await expect(vault.resolve('demo', identity)).rejects.toThrow(RangeError);
      }
    });

    it('agrees when two connections resolve the same identities at once', async () => {
      const second = await openVault();
      const names = Array.from({ length: 40 }, (_, i) => email(`person${i}@example.fi`));
      const [a, b] = await Promise.all([vault, second].map((one) => Promise.all(names.map((name) => one.resolve('demo', name)))));
      expect(a!.map((r) => r.subject)).toEqual(b!.map((r) => r.subject));
      for (const i of names.keys()) expect([a![i]!.known, b![i]!.known].sort()).toEqual([false, true]);
    });

    it('links a second identity, and refuses one that is somebody else', async () => {
      const { subject } = await vault.resolve('demo', { kind: 'weak', name: 'Aino', reach: '0401234567' });
      await vault.link('demo', subject, email('aino@example.fi'));
      await vault.link('demo', subject, email('aino@example.fi'));
      expect(await vault.resolve('demo', email('aino@example.fi'))).toEqual({ subject, known: true, weak: false });
      const other = await vault.resolve('demo', email('eino@example.fi'));
      await expect(vault.link('demo', subject, email('eino@example.fi'))).rejects.toThrow(IdentityTaken);
      expect((await vault.resolve('demo', email('eino@example.fi'))).subject).toBe(other.subject);
      await vault.link('other', subject, email('eino@example.fi'));
    });

    it('forgets identities of one subject in one municipality; who comes again is somebody new, also in a demo', async () => {
      const demo = await openVault(demoRandomness('seed'));
      const { subject } = await demo.resolve('demo', email('aino@example.fi'));
      await demo.link('demo', subject, { kind: 'identity-code', value: '131052-308T' });
      const elsewhere = await demo.resolve('other', email('aino@example.fi'));
      expect(await demo.forgetIdentities('other', subject)).toBe(0);
      expect(await demo.forgetIdentities('demo', subject)).toBe(2);
      const again = await demo.resolve('demo', email('aino@example.fi'));
      expect(again.known).toBe(false);
      expect(again.subject).not.toBe(subject);
      expect(await demo.resolve('other', email('aino@example.fi'))).toEqual({ ...elsewhere, known: true });
    });

    it('repeats subjects in a demo', async () => {
      const run = async (name: string, seed: string) => {
        const demo = await openVault(demoRandomness(seed), join(dir, 'data', name));
        return Promise.all(['a', 'b', 'c'].map(async (who) => (await demo.resolve('demo', email(`${who}@example.fi`))).subject));
      };
      const first = await run('1.sqlite', 'seed');
      expect(await run('2.sqlite', 'seed')).toEqual(first);
      expect(await run('3.sqlite', 'other')).not.toEqual(first);
    });
  });

  describe('drafts', () => {
    it('creates a draft once, and answers a repetition with the one that stands', async () => {
      const draft = await newDraft();
      expect(draft).toEqual({
        id: 'd1',
        tenant: 'demo',
        owner: 'o1',
        scope: 'application/c1',
        version: 1,
        body: { idea: 'Benches' },
        result: null,
        createdAt: NOW,
        updatedAt: NOW,
        expiresAt: EXPIRY,
      });
      expect(await newDraft({ body: { idea: 'Other' } })).toEqual(draft);
      expect(await vault.getDraft('demo', 'd1')).toEqual(draft);
      await expect(newDraft({ owner: 'o2' })).rejects.toThrow(RangeError);
      await expect(newDraft({ scope: 'application/c2' })).rejects.toThrow(RangeError);
      expect(await vault.getDraft('other', 'd1')).toBeNull();
      expect(await vault.getDraft('demo', 'd2')).toBeNull();
    });

    it('lists by owner and scope, the latest change first', async () => {
      await newDraft();
      await newDraft({ id: 'd2', scope: 'application/c2' });
      await newDraft({ id: 'd3', owner: 'o2' });
      await newDraft({ id: 'd4', tenant: 'other' });
      await vault.saveDraft('demo', 'd2', {}, 1, LATER);
      const ids = async (...args: Parameters<Vault['listDrafts']>) => (await vault.listDrafts(...args)).map(({ id }) => id);
      expect(await ids('demo', 'o1')).toEqual(['d2', 'd1']);
      expect(await ids('demo', 'o1', 'application/c1')).toEqual(['d1']);
      expect(await ids('other', 'o1')).toEqual(['d4']);
      expect(await ids('other', 'o2')).toEqual([]);
    });

    it('saves against the expected version only', async () => {
      await newDraft();
      expect(await vault.saveDraft('demo', 'd1', { idea: 'Two' }, 1, LATER)).toBe(2);
      expect(await vault.getDraft('demo', 'd1')).toMatchObject({ version: 2, body: { idea: 'Two' }, createdAt: NOW, updatedAt: LATER });
      await expect(vault.saveDraft('demo', 'd1', { idea: 'Stale' }, 1, LATER)).rejects.toMatchObject({
        name: 'StaleDraft',
        id: 'd1',
        actual: 2,
      });
      await expect(vault.saveDraft('demo', 'd1', { idea: 'Early' }, 3, LATER)).rejects.toThrow(StaleDraft);
      await expect(vault.saveDraft('other', 'd1', {}, 2, LATER)).rejects.toMatchObject({ actual: 0 });
      expect((await vault.getDraft('demo', 'd1'))!.body).toEqual({ idea: 'Two' });
    });

    it('lets exactly one of two connections save a version', async () => {
      await newDraft();
      const second = await openVault();
      for (let version = 1; version <= 20; version++) {
        const tries = [vault, second].map((one, n) => one.saveDraft('demo', 'd1', { n }, version, LATER));
        const results = await Promise.allSettled(tries);
        expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
        const winner = results.findIndex((r) => r.status === 'fulfilled');
        expect(await second.getDraft('demo', 'd1')).toMatchObject({ version: version + 1, body: { n: winner } });
      }
    });

    it('settles once: the body is gone, the first result stays, and no autosave comes after', async () => {
      await newDraft();
      expect(await vault.settleDraft('demo', 'd1', 'pilot-1', LATER)).toBe('pilot-1');
      expect(await vault.settleDraft('demo', 'd1', 'pilot-2', LATER)).toBe('pilot-1');
      const settled = await vault.getDraft('demo', 'd1');
      expect(settled).toMatchObject({ body: null, result: 'pilot-1', version: 2, updatedAt: LATER });
      await expect(vault.saveDraft('demo', 'd1', {}, 1, LATER)).rejects.toThrow(StaleDraft);
      await expect(vault.saveDraft('demo', 'd1', {}, 2, LATER)).rejects.toThrow(StaleDraft);
      expect(await newDraft()).toEqual(settled);
      expect(await vault.settleDraft('demo', 'nowhere', 'x', LATER)).toBeNull();
      expect(await vault.settleDraft('other', 'd1', 'x', LATER)).toBeNull();
    });

    it('deletes', async () => {
      await newDraft();
      expect(await vault.deleteDraft('other', 'd1')).toBe(false);
      expect(await vault.deleteDraft('demo', 'd1')).toBe(true);
      expect(await vault.getDraft('demo', 'd1')).toBeNull();
    });

    it('wipes expired bodies, and no others', async () => {
      await newDraft({ id: 'old', expiresAt: NOW });
      await newDraft({ id: 'edge', expiresAt: LATER, tenant: 'other' });
      await newDraft({ id: 'young', expiresAt: '2027-03-02T08:00:00.001Z' });
      expect(await vault.expireDrafts(LATER)).toBe(2);
      expect(await vault.expireDrafts(LATER)).toBe(0);
      expect(await vault.getDraft('demo', 'old')).toMatchObject({ body: null, result: null, version: 2 });
      expect(await vault.getDraft('other', 'edge')).toMatchObject({ body: null });
      expect(await vault.getDraft('demo', 'young')).toMatchObject({ body: { idea: 'Benches' }, version: 1 });
      await expect(vault.saveDraft('demo', 'old', {}, 2, LATER)).rejects.toThrow(StaleDraft);
    });

    it('does not open a body that was moved to another draft or version', async () => {
      await newDraft();
      await newDraft({ id: 'd2', body: { idea: 'Secret' } });
      raw((db) => db.exec("update draft set body = (select body from draft where id = 'd2') where id = 'd1'"));
      await expect(vault.getDraft('demo', 'd1')).rejects.toThrow(/authenticate/);
      raw((db) => db.exec("update draft set version = 2 where id = 'd2'"));
      await expect(vault.getDraft('demo', 'd2')).rejects.toThrow(/authenticate/);
    });
  });

  describe('secrets', () => {
    it('keeps the first bytes of a name until they are destroyed', async () => {
      expect(await vault.putSecret('demo', 'lot/c1', Buffer.from('first'))).toEqual(Buffer.from('first'));
      expect(await vault.putSecret('demo', 'lot/c1', Buffer.from('second'))).toEqual(Buffer.from('first'));
      expect(await vault.getSecret('demo', 'lot/c1')).toEqual(Buffer.from('first'));
      expect(await vault.getSecret('other', 'lot/c1')).toBeNull();
      expect(await vault.destroySecret('other', 'lot/c1')).toBe(false);
      expect(await vault.destroySecret('demo', 'lot/c1')).toBe(true);
      expect(await vault.destroySecret('demo', 'lot/c1')).toBe(false);
      expect(await vault.getSecret('demo', 'lot/c1')).toBeNull();
      await expect(vault.putSecret('demo', 'lot/c1', Buffer.from('third'))).rejects.toThrow(SecretDestroyed);
    });

    it('leaves no byte of a destroyed secret in the files', async () => {
      await vault.putSecret('demo', 'box/c1', Buffer.from('planted-secret'));
      const value = raw((db) => db.prepare('select value from secret').get()!['value']) as Uint8Array;
      expect(filesContain(Buffer.from(value))).not.toEqual([]);
      await vault.destroySecret('demo', 'box/c1');
      expect(filesContain(Buffer.from(value))).toEqual([]);
      expect(filesContain('planted-secret')).toEqual([]);
    });
  });

  describe('rights of the person', () => {
    const key = (over: object) => ({
      tenant: 'demo',
      subject: 's1',
      purpose: 'contact' as const,
      eventId: 'e1',
      ct: 'aa',
      wrapped: Buffer.from('wrapped-bytes-of-contact'),
      ...over,
    });

    it('erases one person in one municipality, and holds purposes back', async () => {
      const { subject } = await vault.resolve('demo', email('aino@example.fi'));
      const other = await vault.resolve('demo', email('eino@example.fi'));
      await newDraft({ owner: subject, body: { text: 'planted' } });
      await newDraft({ id: 'd2', owner: other.subject });
      await newDraft({ id: 'd3', tenant: 'other', owner: subject });
      await vault.actorKey(subject);
      await vault.putWrappedKeys([
        key({ subject }),
        key({ subject, eventId: 'e2', wrapped: Buffer.from('wrapped-bytes-of-e2') }),
        key({ subject, purpose: 'iban', wrapped: Buffer.from('wrapped-bytes-of-iban') }),
        key({ subject, tenant: 'other' }),
        key({ subject: other.subject }),
      ]);
      expect(filesContain('wrapped-bytes-of-e2')).not.toEqual([]);
      expect(await vault.erase('demo', subject, ['contact', 'proposal'])).toEqual({
        wrappedKeys: { contact: 2 },
        heldBack: { iban: 1 },
        drafts: 1,
        identities: 1,
        actorKeys: 1,
        sessions: 0,
      });
      expect(filesContain('wrapped-bytes-of-e2')).toEqual([]);
      expect(filesContain('wrapped-bytes-of-iban')).not.toEqual([]);
      expect(await vault.getWrappedKey(key({ subject }))).toBeNull();
      expect(await vault.getWrappedKey(key({ subject, purpose: 'iban' }))).toEqual(new Uint8Array(Buffer.from('wrapped-bytes-of-iban')));
      expect(await vault.getWrappedKey(key({ subject, tenant: 'other' }))).not.toBeNull();
      expect(await vault.getWrappedKey(key({ subject: other.subject }))).not.toBeNull();
      expect(await vault.getDraft('demo', 'd2')).not.toBeNull();
      expect(await vault.getDraft('other', 'd3')).not.toBeNull();
      expect((await vault.resolve('demo', email('aino@example.fi'))).subject).not.toBe(subject);
      expect(await vault.resolve('demo', email('eino@example.fi'))).toMatchObject({ subject: other.subject, known: true });
      expect(await vault.erase('demo', subject, ['contact', 'iban'])).toEqual({
        wrappedKeys: { iban: 1 },
        heldBack: {},
        drafts: 0,
        identities: 0,
        actorKeys: 0,
        sessions: 0,
      });
    });

    it('recognises again whom a rule still asks for, and keeps nothing else', async () => {
      const { subject } = await vault.resolve('demo', email('aino@example.fi'));
      await vault.actorKey(subject);
      await newDraft({ owner: subject });
      expect(await vault.erase('demo', subject, ['contact'], { recognised: true })).toMatchObject({
        drafts: 1,
        identities: 0,
        actorKeys: 1,
      });
      expect(await vault.resolve('demo', email('aino@example.fi'))).toMatchObject({ subject, known: true });
      expect(await vault.erase('demo', subject, ['contact'])).toMatchObject({ identities: 1 });
      expect((await vault.resolve('demo', email('aino@example.fi'))).subject).not.toBe(subject);
    });

    it('calls somebody by the own name before one that another wrote, and by none once erased', async () => {
      expect(await vault.nameOf('demo', 's1')).toBeNull();
      await vault.putName('demo', 's1', 'Aino Esimerki', 'other');
      await vault.putName('demo', 's1', 'Toinen Kirjoitus', 'other');
      expect(await vault.nameOf('demo', 's1')).toBe('Aino Esimerki');
      await vault.putName('demo', 's1', 'Aino Esimerkki', 'self');
      await vault.putName('other', 's1', 'Aino Muualla', 'self');
      expect(await vault.nameOf('demo', 's1')).toBe('Aino Esimerkki');
      expect(filesContain('name:s1')).not.toEqual([]);
      await vault.erase('demo', 's1', ['contact']);
      await vault.erase('other', 's1', ['contact']);
      for (const row of ['name:s1', 'name-given:s1']) expect(filesContain(row)).toEqual([]);
      expect(await vault.nameOf('demo', 's1')).toBeNull();
      // no name is lost for good: who acts again is named again
      await vault.putName('demo', 's1', 'Aino Uusi', 'other');
      expect(await vault.nameOf('demo', 's1')).toBe('Aino Uusi');
    });

    it('does not let a municipality erase the actor key of a person of another', async () => {
      const { subject } = await vault.resolve('demo', email('aino@example.fi'));
      const before = await vault.actorKey(subject);
      expect(await vault.erase('other', subject, ['contact'])).toMatchObject({ actorKeys: 0, identities: 0 });
      expect(await vault.actorKey(subject)).toEqual(before);
    });

    it('leaves nothing of an erased person in the files, among thousands of rows', async () => {
      const keys = Array.from({ length: 6000 }, (_, i) =>
        key({
          subject: `s${i % 30}`,
          eventId: `event-${(i * 7919) % 6000}`,
          ct: `${i}`,
          wrapped: Buffer.from(`wrapped-${i}-${'x'.repeat(80)}`),
        }),
      );
      for (let at = 0; at < keys.length; at += 500) await vault.putWrappedKeys(keys.slice(at, at + 500));
      for (const subject of ['s3', 's17']) {
        expect((await vault.erase('demo', subject, ['contact'])).wrappedKeys).toEqual({ contact: 200 });
        const bytes = Buffer.concat(readdirSync(join(dir, 'data')).map((name) => readFileSync(join(dir, 'data', name))));
        for (const { wrapped } of keys.filter((one) => one.subject === subject)) expect(bytes.includes(wrapped)).toBe(false);
        expect(keys.filter((one) => one.subject === 's4').every(({ wrapped }) => bytes.includes(wrapped))).toBe(true);
      }
    });

    it('never changes a wrapped key', async () => {
      await vault.putWrappedKeys([key({})]);
      await vault.putWrappedKeys([key({ wrapped: Buffer.from('other') })]);
      expect(Buffer.from((await vault.getWrappedKey(key({})))!).toString()).toBe('wrapped-bytes-of-contact');
      expect(() => raw((db) => db.exec("update wrapped_key set wrapped = x'00'"))).toThrow(/insert-only/);
    });

    it('exports all that is held on one person', async () => {
      const { subject } = await vault.resolve('demo', email('aino@example.fi'));
      await vault.link('demo', subject, { kind: 'weak', name: 'Aino', reach: '0401234567' });
      const draft = await newDraft({ owner: subject });
      await vault.putWrappedKeys([
        key({ subject }),
        key({ subject, purpose: 'iban', eventId: 'e2' }),
        key({ subject: 's2' }),
        key({ subject, tenant: 'other', eventId: 'e9' }),
      ]);
      const expected = {
        subject,
        identities: ['email', 'weak'],
        sealed: [
          { purpose: 'contact', eventId: 'e1' },
          { purpose: 'iban', eventId: 'e2' },
        ],
        drafts: [draft],
        sessions: [],
        actorKey: false,
      };
      expect(await vault.export('demo', subject)).toEqual(expected);
      await vault.actorKey(subject);
      expect(await vault.export('demo', subject)).toEqual({ ...expected, actorKey: true });
      await vault.erase('demo', subject, ['contact', 'iban']);
      expect(await vault.export('demo', subject)).toEqual({
        subject,
        identities: [],
        sealed: [],
        drafts: [],
        sessions: [],
        actorKey: false,
      });
    });

    it('never holds a name, identity code, e-mail or IBAN in clear bytes', async () => {
      const planted = ['Aino Planted-Virtanen', '131052-308T', 'aino.planted@example.fi', 'FI2112345600000785'];
      const { subject } = await vault.resolve('demo', email(planted[2]!));
      await vault.link('demo', subject, { kind: 'identity-code', value: planted[1]! });
      await vault.link('demo', subject, { kind: 'weak', name: planted[0]!, reach: '0401234567' });
      await newDraft({ owner: subject, body: { planted } });
      await vault.saveDraft('demo', 'd1', { planted, more: true }, 1, NOW);
      await vault.putSecret('demo', 'planted', Buffer.from(planted[3]!));
      for (const text of planted) expect([filesContain(text), filesContain(text.toLowerCase())]).toEqual([[], []]);
      expect(filesContain('application/c1')).not.toEqual([]);
    });
  });

  it('makes an actor key once, also from two connections at once', async () => {
    const second = await openVault();
    const actors = Array.from({ length: 20 }, (_, i) => `actor-${i}`);
    const [a, b] = await Promise.all([vault, second].map((one) => Promise.all(actors.map((actor) => one.actorKey(actor)))));
    expect(a).toEqual(b);
    expect(new Set(a!.map((bytes) => bytes.toString('hex'))).size).toBe(20);
    expect(a![0]).toHaveLength(32);
  });
});
