import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

/** Records of one kind that are kept at most; the oldest goes first. */
const MOST = 1_000;

interface Kept {
  payload: AdapterPayload;
  until: number;
}

/** What an embedded provider remembers, in memory: gone with the process. Each kind of record has its own. */
export function providerMemory(now: () => number = Date.now): AdapterFactory {
  const kinds = new Map<string, Map<string, Kept>>();
  return (kind): Adapter => {
    const kept = kinds.get(kind) ?? new Map<string, Kept>();
    kinds.set(kind, kept);
    const live = (found: Kept | undefined) => (found !== undefined && found.until > now() ? found.payload : undefined);
    const search = (fits: (payload: AdapterPayload) => boolean) => [...kept.values()].find(({ payload }) => fits(payload));
    return {
      async upsert(id, payload, expiresIn) {
        kept.delete(id);
        if (kept.size >= MOST) kept.delete(kept.keys().next().value!);
        kept.set(id, { payload, until: expiresIn === undefined ? Infinity : now() + expiresIn * 1000 });
      },
      find: async (id) => live(kept.get(id)),
      findByUid: async (uid) => live(search((payload) => payload.uid === uid)),
      findByUserCode: async (code) => live(search((payload) => payload.userCode === code)),
      async consume(id) {
        const found = kept.get(id);
        if (found !== undefined) found.payload = { ...found.payload, consumed: Math.floor(now() / 1000) };
      },
      async destroy(id) {
        kept.delete(id);
      },
      async revokeByGrantId(grantId) {
        for (const [id, { payload }] of kept) if (payload.grantId === grantId) kept.delete(id);
      },
    };
  };
}
