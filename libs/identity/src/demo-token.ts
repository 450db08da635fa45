import { parseArgs } from 'node:util';
import { InvalidConfig, readConfig } from '@minipilot/platform/config.js';
import { DemoIdentity, DemoKeyRefused, DEMO_TOKEN_HOURS } from './demo-identity.js';
import { demoPersonFor } from './demo-people.js';
import { isRole, ROLES, type Role } from './roles.js';

const USAGE = `Usage: npm run token -- --role ROLE [--role ROLE ...] [--person NAME] [--tenant CODE] [--hours N]
       [--born YEAR|DAY] [--resident] [--district NAME]
Prints a bearer token of a fictional person for the demo.
  --role    one of ${ROLES.join(', ')}
  --person  a–z, 0–9 and dash; by default each role has a person of its own
  --tenant  code of the municipality, default the first that is served
  --hours   how long it lasts, default ${DEMO_TOKEN_HOURS}
  --born    year or day of birth (1950, 1950-05-17), --resident and --district: where the person lives; a residents' vote asks for both`;

/**
 * The command that issues demo tokens. Writes the token alone to `out`, everything else to `err`; returns the exit code.
 * Refuses in production mode.
 */
export async function demoToken(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  out: (text: string) => void,
  err: (text: string) => void,
): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        role: { type: 'string', multiple: true },
        person: { type: 'string' },
        tenant: { type: 'string' },
        hours: { type: 'string' },
        born: { type: 'string' },
        resident: { type: 'boolean' },
        district: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      err(USAGE);
      return 0;
    }
    const config = readConfig(env);
    if (config.mode !== 'demo') {
      err('Demo tokens are issued in demo mode only (MINIPILOT_MODE=demo). In production people sign in with the identity provider.');
      return 1;
    }
    const roles = [...new Set(values.role ?? [])];
    const unknown = roles.filter((role) => !isRole(role));
    if (roles.length === 0 || unknown.length > 0) {
      err(`${roles.length === 0 ? 'Which role?' : `Unknown role: ${unknown.join(', ')}`}\n\n${USAGE}`);
      return 2;
    }
    const tenant = values.tenant ?? config.tenants[0]!;
    if (!config.tenants.includes(tenant)) {
      err(`Municipality ${tenant} is not served here; served are ${config.tenants.join(', ')} (MINIPILOT_TENANTS).`);
      return 2;
    }
    const identity = await DemoIdentity.open(config.data);
    const person = values.person ?? demoPersonFor(roles[0] as Role).id;
    const { born, resident, district } = values;
    const residence = {
      ...(born === undefined ? {} : { born }),
      ...(resident === undefined && district === undefined ? {} : { resident: true }),
      ...(district === undefined ? {} : { district }),
    };
    out(
      await identity.issue({
        person,
        tenant,
        roles: roles as Role[],
        ...(values.hours === undefined ? {} : { hours: Number(values.hours) }),
        ...(Object.keys(residence).length === 0 ? {} : { residence }),
      }),
    );
    return 0;
  } catch (error) {
    const ours = error instanceof InvalidConfig || error instanceof DemoKeyRefused || error instanceof RangeError;
    const asked = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    if (!ours && !asked) throw error;
    err(asked ? `${(error as Error).message}\n\n${USAGE}` : (error as Error).message);
    return 2;
  }
}
