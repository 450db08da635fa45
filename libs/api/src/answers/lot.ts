import type { LotDraw, LotView } from '@minipilot/insight/lots.js';
import { Bool, Day, Digest, Int, Of, Stale, Uuid, Word } from './fields.js';

class DrawnAnswer {
  @Uuid() application: string;
  @Int({ nullable: true, description: 'place among all: the rank, or the order of funding in a round; null where it was only drawn from' })
  order: number | null;
  @Digest({ description: 'SHA-256 over the text of seed, digest and application id; the lowest goes first' }) drawKey: string;
}
class DrawnGroup {
  @Of(() => DrawnAnswer, {
    list: true,
    description: 'equals, in the order that the lot gave; in a vote the first was chosen from among the others',
  })
  drawn: DrawnAnswer[];
}
class DrawAnswer implements Omit<LotDraw, 'groups'> {
  @Word(['cards', 'readings', 'ballots'], { description: 'what was opened' }) kind: LotDraw['kind'];
  @Int({ nullable: true, description: 'round of a rolling call' }) round: number | null;
  @Digest({ nullable: true, description: 'SHA-256 over `minipilot/<kind>/v2` and the leaves in order, joined by line feeds' })
  digest: string | null;
  @Bool({ description: 'the leaves give the digest' }) repeatable: boolean;
  @Digest({ list: true, description: 'one for each card, ballot, or application’s readings; tells nothing of what it stands for' })
  leaves: string[];
  @Of(() => DrawnGroup, { list: true }) groups: DrawnGroup[];
}
/** The lot of a call, for whoever wants to repeat it. */
export class LotAnswer implements Omit<LotView, 'draws'> {
  @Uuid() call: string;
  @Digest({ description: 'SHA-256 of the 32 bytes of the seed, since the announcement' }) lotHash: string;
  @Day() announcedOn: string;
  @Digest({ nullable: true, description: '32 bytes in hex; null while it is secret' }) seed: string | null;
  @Bool({ description: 'the proposal, or a round, has been computed' }) proposed: boolean;
  @Of(() => DrawAnswer, { list: true, description: 'empty while the seed is secret' }) draws: DrawAnswer[];
  @Stale() stale?: true;
}
