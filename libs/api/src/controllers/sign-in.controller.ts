import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OneOf, Text } from '@minipilot/platform/http/fields.js';
import { Problem } from '@minipilot/platform/http/problem.js';
import { AnyQuery, ChangesNothing, Tenant } from '@minipilot/platform/http/request-context.js';
import { Describe } from '../answers/describe.js';
import { Nobody, SignedOut, SomebodySignedIn } from '../answers/sign-in.js';
import { SignIn, type Destination } from '../sign-in.js';
import { sendPage, wantsPage } from '../sign-in-page.js';

class LoginQuery {
  @Text(500, { optional: true, description: 'path of this service to come back to' }) return?: string;
  @OneOf(['1'], { optional: true, description: 'asks the person to prove anew who they are' }) fresh?: '1';
}

const moment = (seconds: number | undefined): string | null => (seconds ? new Date(seconds * 1000).toISOString() : null);

/** Leads a browser on, or tells it on a page why not. */
async function lead(request: FastifyRequest, reply: FastifyReply, where: () => Promise<Destination>): Promise<void> {
  try {
    const { location } = await where();
    void reply.header('cache-control', 'no-store').redirect(location, 302);
  } catch (error) {
    if (!(error instanceof Problem) || !wantsPage(request)) throw error;
    sendPage(error, request, reply);
  }
}

/** Signing in and out by browser, with the identity provider. */
@ApiTags('sign-in')
@Controller('auth')
export class SignInController {
  constructor(private readonly signIn: SignIn) {}

  // a browser goes there; it is no part of the API
  @ApiExcludeEndpoint()
  @Get(':tenant/login')
  async login(
    @Tenant() tenant: string,
    @Query() query: LoginQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = { fresh: query.fresh !== undefined, ...(query.return === undefined ? {} : { return: query.return }) };
    await lead(request, reply, () => this.signIn.begin(tenant, wanted, request, reply));
  }

  @ApiExcludeEndpoint()
  @Get('callback')
  async callback(@AnyQuery() _: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await lead(request, reply, () => this.signIn.finish(request, reply));
  }

  @Describe('getSession', 'Tells who is signed in at this browser, and gives its pages their token', [SomebodySignedIn, Nobody])
  @Get('session')
  async session(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    reply.header('cache-control', 'no-store');
    const current = await this.signIn.current(request);
    if (current === null) return { signedIn: false };
    const { caller, csrfToken, freshUntil } = current;
    const { tenant, name, email, roles, authenticatedAt } = caller;
    return {
      ...{ signedIn: true, tenant, name, email, roles, csrfToken },
      authenticatedAt: moment(authenticatedAt),
      freshUntil: authenticatedAt ? moment(freshUntil) : null,
    };
  }

  @Describe('signOut', 'Signs the person out at this browser', SignedOut, {
    description: 'The session ends for all processes at once. To be signed out of the provider too, go on to `continueAt`.',
  })
  @Post('logout')
  @HttpCode(200)
  @ChangesNothing()
  async logout(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return { signedIn: false, continueAt: await this.signIn.end(request, reply) };
  }
}
