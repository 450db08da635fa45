import { catalogue } from '@minipilot/grants/catalogue.js';
import { isReady, tally, type BallotBox, type TallyCommand } from '@minipilot/grants/tally/tally.js';
import type { Ballot } from '@minipilot/grants/vote/events.js';
import { parseStream, Rejected } from '@minipilot/kernel/decider.js';
import type { Position, Recorded } from '@minipilot/kernel/event.js';
import type { FlowCommand } from '@minipilot/kernel/flow.js';
import { sha256, uuid5 } from '@minipilot/kernel/ids.js';
import type { BallotBoxes } from '@minipilot/platform/privacy/ballot-box.js';
import type { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';
import type { DispatchIds } from '@minipilot/platform/run/flow-runner.js';
import type { EventStore } from '@minipilot/platform/store/port.js';

/** Events read at once. */
const PAGE = 500;

/** What the tally asks: keys from the vault, and the ballots as they lie in the log, read from end to end and never voter by voter. */
export class OpenableBox implements BallotBox {
  /** ballots that were opened last, for the pages of one count */
  private opened: { casts: string; ballots: (Ballot | null)[] } | null = null;

  constructor(
    private readonly store: Pick<EventStore, 'readAll'>,
    private readonly boxes: BallotBoxes,
  ) {}

  prepare(tenant: string, call: string): Promise<string> {
    return this.boxes.prepare(tenant, call);
  }

  paperSecret(tenant: string, call: string): Promise<string> {
    return this.boxes.paperSecret(tenant, call);
  }

  async casts(tenant: string, call: string, after: Position, before: Position | null): Promise<Recorded[]> {
    const casts: Recorded[] = [];
    for (let at: Position = after; ;) {
      const events = await this.store.readAll(at, PAGE);
      for (const event of events) {
        if (before !== null && event.position >= before) return casts;
        if (event.type === 'vote.cast' && event.tenant === tenant && event.data['call'] === call) casts.push(catalogue.upcast(event));
      }
      if (events.length < PAGE) return casts;
      at = events.at(-1)!.position;
    }
  }

  async open(tenant: string, call: string, casts: readonly Recorded[]): Promise<(Ballot | null)[]> {
    if (casts.length === 0) return [];
    const key = sha256(tenant, call, ...casts.map((e) => e.id));
    if (this.opened?.casts === key) return this.opened.ballots;
    const open = await this.boxes.opener(tenant, call);
    const ballots: (Ballot | null)[] = [];
    for (const cast of casts) ballots.push((await open(cast)) as Ballot | null);
    this.opened = { casts: key, ballots };
    return ballots;
  }

  /** Keeps nothing of what was opened. */
  forget(): void {
    this.opened = null;
  }
}

/** What counting needs from outside: pages one after the other, and the vault. Each errand may be run again at any time. */
export class BallotErrands {
  constructor(private readonly parts: { runner: DecisionRunner; boxes: BallotBoxes; box: Pick<OpenableBox, 'forget'> }) {}

  async run({ stream, command }: FlowCommand, ids: DispatchIds): Promise<void> {
    const { runner, boxes } = this.parts;
    const call = command['call'] as string;
    const give = async (order: TallyCommand, part: string) => {
      const commandId = uuid5('errand', ids.commandId, order.type, part);
      const done = await runner.run({ aggregate: tally, stream, command: order, body: order, ...ids, commandId });
      if (done instanceof Rejected) throw new TypeError(`the tally of call ${call} refuses ${order.type}: ${done.code}`);
    };
    switch (command.type) {
      case 'CountBallots':
        try {
          for (;;) {
            const { state } = await runner.look(tally, stream);
            if (!isReady(state)) return;
            await give({ type: 'OpenBallots', call, page: state.ballotPages }, String(state.ballotPages));
          }
        } finally {
          this.parts.box.forget();
        }
      case 'DestroyBoxKey': {
        const { state } = await runner.look(tally, stream);
        if (state.counted === null) throw new TypeError(`the ballots of call ${call} are not counted yet`);
        await boxes.destroy(parseStream(stream).tenant, call);
        return give({ type: 'RecordBoxKeyDestroyed', call }, 'key');
      }
      default:
        throw new TypeError(`a ballot box has no errand ${command.type}`);
    }
  }
}
