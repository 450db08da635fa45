import { appeal } from '@minipilot/grants/appeal/appeal.js';
import { isParty, pilot } from '@minipilot/grants/pilot/pilot.js';
import { scoring, type ScoringState } from '@minipilot/grants/scoring/scoring.js';
import { appealStream, pilotStream, scoringStream } from '@minipilot/grants/streams.js';
import type { PolicyRow } from '@minipilot/identity/policy-table.js';
import type { Owners } from '@minipilot/platform/http/access.js';
import { isId } from '@minipilot/platform/http/fields.js';
import type { Caller } from '@minipilot/platform/http/request-context.js';
import type { Vault } from '@minipilot/platform/privacy/vault.js';
import type { DecisionRunner } from '@minipilot/platform/run/decision-runner.js';

export const draftScope = (call: string) => `application/${call}`;

/** Says whose the things in a path are, from the streams and the vault themselves: a read model may be late. */
export class Ownership implements Owners {
  constructor(private readonly parts: { runner: DecisionRunner; vault: Vault }) {}

  /** Whether the caller may reach what the path names, by the row's `own`, `others` and `helped`. */
  async reaches(row: PolicyRow, caller: Caller, path: Readonly<Record<string, string>>): Promise<boolean> {
    const has = (roles: readonly string[] = []) => roles.some((role) => caller.roles.includes(role));
    switch (row.own) {
      case undefined:
        return true;
      case 'draft': {
        if (!isId(path['draft']) || !isId(path['call'])) return false;
        const draft = await this.parts.vault.getDraft(caller.tenant, path['draft']);
        return draft !== null && draft.owner === caller.subject && draft.scope === draftScope(path['call']);
      }
      case 'application': {
        if (!isId(path['pilot'])) return false;
        const { state } = await this.parts.runner.look(pilot, pilotStream(caller.tenant, path['pilot']));
        if (state.application === null) return false;
        if (isParty(state, caller.subject)) return true;
        if (has(row.helped) && state.application.helper !== null) return true;
        return has(row.others) && !(await this.scores(caller, state.call));
      }
      case 'appeal':
      case 'appeal-or-decision': {
        if (!isId(path['appeal'])) return false;
        const { state } = await this.parts.runner.look(appeal, appealStream(caller.tenant, path['appeal']));
        if (state.kind === 'none') return false;
        if ([state.appellant, state.filedBy].includes(caller.subject) || has(row.others)) return true;
        if (has(row.helped) && state.channel !== null && state.channel !== 'online') return true;
        if (row.own === 'appeal' || state.application === null) return false;
        const { state: about } = await this.parts.runner.look(pilot, pilotStream(caller.tenant, state.application));
        return [about.applicant, about.recipient, about.application?.filedBy].includes(caller.subject);
      }
      case 'committee':
      case 'chair': {
        if (!isId(path['call'])) return false;
        if (has(row.others)) return true;
        const { started } = await this.scoring(caller.tenant, path['call']);
        if (started === null) return false;
        return row.own === 'chair' ? started.chair === caller.subject : started.members.includes(caller.subject);
      }
    }
  }

  /** Whether a person is on the committee of a call that is still scoring: until then who applied stays hidden from them, whatever else they are. */
  async scores(caller: Pick<Caller, 'tenant' | 'subject'>, call: string): Promise<boolean> {
    const { started, opened } = await this.scoring(caller.tenant, call);
    return started !== null && opened === null && started.members.includes(caller.subject);
  }

  private async scoring(tenant: string, call: string): Promise<ScoringState> {
    return (await this.parts.runner.look(scoring, scoringStream(tenant, call))).state;
  }
}
