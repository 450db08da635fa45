import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { personStream } from '@minipilot/grants/streams.js';
import { deskRoles, listRoles } from '@minipilot/insight/roles.js';
import { Actor, After, CommandId, Page, Tenant, type Caller, type PageRequest } from '@minipilot/platform/http/request-context.js';
import { Done } from '../answers/commands.js';
import { Describe } from '../answers/describe.js';
import { RolePage } from '../answers/roles.js';
import { GrantRole, RevokeRole } from '../commands/role.commands.js';
import { Desk, order } from '../desk.js';
import { listOf, pageOf, ReadSide } from '../read-side.js';

/** Who may do what in the municipality. Roles given here count for those who sign in with the identity provider. */
@ApiTags('municipality')
@Controller('api/:tenant/roles')
export class RolesController {
  constructor(
    private readonly bus: CommandBus,
    private readonly desk: Desk,
    private readonly read: ReadSide,
  ) {}

  @Describe('listRoles', 'Lists who holds which role, in the order in which people got their first one', RolePage)
  @Get()
  async list(@Tenant() tenant: string, @Page() page: PageRequest, @After() after?: string) {
    const stale = await this.read.after(after, [deskRoles]);
    const held = await listRoles(this.read.db, tenant, this.read.now(), pageOf(page));
    const emailOf = async (person: string) => {
      const events = await this.desk.history(personStream(tenant, person));
      return (await this.desk.opened<{ email: string }>(events, 'contact', ['person.role-granted']))?.email ?? null;
    };
    const emails = new Map(await Promise.all(held.items.map(async ({ person }) => [person, await emailOf(person)] as const)));
    return { ...listOf(held, ({ person, roles }) => ({ email: emails.get(person)!, roles })), ...stale };
  }

  @Describe('grantRole', 'Gives a person a role', Done, { description: 'Nobody gives a role to themselves.' })
  @Post()
  @HttpCode(200)
  grant(@Actor() caller: Caller, @CommandId() commandId: string, @Body() body: GrantRole): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId }));
  }

  @Describe('revokeRole', 'Takes a role away from a person', Done, {
    description: 'It counts at once, also where the person is signed in. Nobody changes their own roles.',
  })
  @Post('revocation')
  @HttpCode(200)
  revoke(@Actor() caller: Caller, @CommandId() commandId: string, @Body() body: RevokeRole): Promise<unknown> {
    return this.bus.execute(order(body, { caller, commandId }));
  }
}
