import { parseStream } from '@minipilot/kernel/decider.js';
import type { EventDefinition } from '@minipilot/kernel/event.js';
import type { Projection } from '@minipilot/kernel/projection.js';
import { Subject } from '@minipilot/kernel/schema.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { pilotEvents } from '@minipilot/grants/pilot/events.js';
import { serviceEvents } from '@minipilot/grants/service/events.js';
import { findPublicCall, type CallView } from './calls.js';
import { grantedPilots, publicPilot, type PublicPilot, type PublicPilotRow } from './public-pilots.js';
import { listServices, type ServiceView } from './services.js';
import { parsed, viewOf, type Db, type Keyed } from './query.js';

const subjectSchema = JSON.stringify(Subject);

/**
 * The facts of an event that everybody may see: fields that are public by its definition. A subject id is left out
 * whatever the definition says.
 */
export function publicFacts(definition: EventDefinition, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(definition.data.properties)) {
    const access = definition.fields[field] ?? definition.access;
    const isSubject = JSON.stringify(schema) === subjectSchema;
    if (access === 'public' && !isSubject && data[field] !== undefined) facts[field] = data[field];
  }
  return facts;
}

/** One step of a pilot's story; the key is the event. */
export type StoryRow = {
  tenant: string;
  pilot: string | null;
  service: string | null;
  at: string;
  /** `at` and the place in its stream, for one order */
  sort: string;
  type: string;
  /** JSON of the public facts */
  facts: string;
};

// arrival is told as a day without any fact; all other steps are public events
const told = [...pilotEvents, ...serviceEvents].filter(({ type, access }) => access === 'public' || type === 'pilot.submitted');
const definitions = new Map<string, EventDefinition>(told.map((definition) => [definition.type, definition]));

/** What is told of pilots and of the services that came of them. Queries tell the stories of granted pilots only. */
export const publicStories: Projection<StoryRow> = {
  name: 'public_stories',
  version: 1,
  table: { tenant: 'text', pilot: 'text', service: 'text', at: 'text', sort: 'text', type: 'text', facts: 'text' },
  indexes: [['pilot'], ['service']],
  handles: [...definitions.keys()],
  keys: (event) => [event.id],
  evolve(_, event) {
    // that an application was refused at first is nobody's business outside, also when it was granted later
    if (event.type === 'pilot.decided' && event.data.result !== 'granted' && event.data.result !== 'waiting') return null;
    const { category, key } = parseStream(event.stream);
    return {
      tenant: event.tenant,
      pilot: category === 'pilot' ? key! : null,
      service: category === 'service' ? key! : null,
      at: event.at,
      sort: `${event.at}/${String(event.revision).padStart(8, '0')}`,
      type: event.type,
      facts: JSON.stringify(publicFacts(definitions.get(event.type)!, event.data)),
    };
  },
};

export interface StoryStep {
  event: string;
  at: Instant;
  type: string;
  facts: Record<string, unknown>;
}

export interface Story {
  pilot: PublicPilot;
  call: CallView | undefined;
  services: ServiceView[];
  /** oldest first */
  steps: StoryStep[];
}

/** The whole story of one granted pilot; undefined for any other. */
export async function findStory(db: Db, tenant: string, pilot: string, now: Instant): Promise<Story | undefined> {
  const row = (await grantedPilots(db, tenant).where('key', '=', pilot).executeTakeFirst()) as Keyed<PublicPilotRow> | undefined;
  if (row === undefined) return undefined;
  const call = await findPublicCall(db, tenant, row.call, now);
  const { items: services } = await listServices(db, tenant, { pilots: [pilot] }, { limit: 100 });
  const steps = (await db
    .selectFrom(viewOf(publicStories))
    .selectAll()
    .where('tenant', '=', tenant)
    .where((eb) => eb.or([eb('pilot', '=', pilot), eb('service', 'in', ['', ...services.map(({ service }) => service)])]))
    .orderBy('sort')
    .orderBy('key')
    .execute()) as Keyed<StoryRow>[];
  return {
    pilot: publicPilot(row),
    call,
    services,
    steps: steps.map(({ key, at, type, facts }) => ({ event: key, at, type, facts: parsed(facts) })),
  };
}
