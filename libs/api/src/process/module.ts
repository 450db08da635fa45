import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { appealHandlers } from '../commands/appeal.commands.js';
import { applicationHandlers } from '../commands/application.commands.js';
import { callHandlers } from '../commands/call.commands.js';
import { noticeHandlers } from '../commands/notice.commands.js';
import { eligibilityHandlers } from '../commands/eligibility.commands.js';
import { payoutHandlers } from '../commands/payout.commands.js';
import { peopleHandlers } from '../commands/people.commands.js';
import { roleHandlers } from '../commands/role.commands.js';
import { scoringHandlers } from '../commands/scoring.commands.js';
import { serviceHandlers } from '../commands/service.commands.js';
import { voteHandlers } from '../commands/vote.commands.js';
import { AppealsController } from '../controllers/appeals.controller.js';
import { ApplicationsController } from '../controllers/applications.controller.js';
import { AuditController } from '../controllers/audit.controller.js';
import { CallsController } from '../controllers/calls.controller.js';
import { DocumentsController } from '../controllers/documents.controller.js';
import { DraftsController } from '../controllers/drafts.controller.js';
import { EligibilityController } from '../controllers/eligibility.controller.js';
import { PayoutsController } from '../controllers/payouts.controller.js';
import { PeopleController } from '../controllers/people.controller.js';
import { PublicController } from '../controllers/public.controller.js';
import { RolesController } from '../controllers/roles.controller.js';
import { ScoringController } from '../controllers/scoring.controller.js';
import { SignInController } from '../controllers/sign-in.controller.js';
import { ServicesController } from '../controllers/services.controller.js';
import { TallyController } from '../controllers/tally.controller.js';
import { VotingController } from '../controllers/voting.controller.js';
import { Desk, DESK_PARTS, type DeskParts } from '../desk.js';
import { READ_PARTS, ReadSide, type ReadParts } from '../read-side.js';
import { SIGN_IN_PARTS, SignIn, type SignInParts } from '../sign-in.js';
import { DEMO_PARTS, DemoController, type DemoParts } from './demo.js';

export interface ApiParts {
  read: ReadParts;
  /** desks: commands and everything that is opened for staff and applicants */
  desk?: DeskParts;
  /** signing in by browser */
  signIn?: SignInParts;
  /** dashboards and public pages */
  transparency: boolean;
  demo?: DemoParts;
}

/** The HTTP side of a process: the same controllers everywhere, chosen at composition. */
@Module({})
export class ApiModule {
  static with({ read, desk, signIn, transparency, demo }: ApiParts): DynamicModule {
    const controllers: Type[] = [];
    const providers: Provider[] = [{ provide: READ_PARTS, useValue: read }, ReadSide];
    // before the public ones, so that no literal path is taken for an id
    if (desk !== undefined) {
      controllers.push(
        CallsController,
        DraftsController,
        ApplicationsController,
        EligibilityController,
        ScoringController,
        DocumentsController,
        VotingController,
        AppealsController,
        PayoutsController,
        ServicesController,
        AuditController,
        PeopleController,
        RolesController,
      );
      providers.push(
        { provide: DESK_PARTS, useValue: desk },
        Desk,
        ...callHandlers,
        ...applicationHandlers,
        ...eligibilityHandlers,
        ...scoringHandlers,
        ...noticeHandlers,
        ...voteHandlers,
        ...appealHandlers,
        ...payoutHandlers,
        ...serviceHandlers,
        ...peopleHandlers,
        ...roleHandlers,
      );
    }
    if (signIn !== undefined) {
      controllers.push(SignInController);
      providers.push({ provide: SIGN_IN_PARTS, useValue: signIn }, SignIn);
    }
    if (transparency) controllers.push(PublicController, TallyController);
    if (demo !== undefined) {
      controllers.push(DemoController);
      providers.push({ provide: DEMO_PARTS, useValue: demo });
    }
    return { module: ApiModule, imports: [CqrsModule], controllers, providers };
  }
}
