import { Controller, Get, HttpCode, Injectable, Logger, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** Resolves when all is well, perhaps with a word about it; throws or rejects otherwise. `detail` and the text of Unhealthy are shown to everybody. */
export type Check = () => Promise<string | void> | string | void;

/** A failed check with a text that may be shown to everybody. */
export class Unhealthy extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unhealthy';
  }
}

export interface CheckResult {
  name: string;
  ok: boolean;
  detail?: string;
}

/** The named checks that decide whether this process is ready. */
@Injectable()
export class HealthChecks {
  private readonly checks = new Map<string, Check>();
  private readonly logger = new Logger('Health');
  private stopping = false;

  /** Adds a check. One that does not answer within `timeout` milliseconds has failed. */
  register(name: string, check: Check, timeout = 2_000): void {
    if (this.checks.has(name)) throw new Error(`health check ${name} is registered twice`);
    this.checks.set(name, async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Unhealthy(`no answer within ${timeout} ms`)), timeout);
      });
      try {
        return await Promise.race([Promise.resolve().then(check), late]);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** From now on the process is not ready: it is about to stop. */
  stop(): void {
    this.stopping = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  async run(): Promise<CheckResult[]> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]): Promise<CheckResult> => {
        try {
          const detail = await check();
          return { name, ok: true, ...(typeof detail === 'string' ? { detail } : {}) };
        } catch (error) {
          if (error instanceof Unhealthy) return { name, ok: false, detail: error.message };
          this.logger.error({ err: error as Error, check: name });
          return { name, ok: false };
        }
      }),
    );
    return this.stopping ? [...results, { name: 'process', ok: false, detail: 'stopping' }] : results;
  }
}

@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  /** The process answers. */
  @Get('live')
  @HttpCode(200)
  live() {
    return { status: 'ok' };
  }

  /** 200 when every check holds, else 503; the checks are listed in both. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const checks = await this.checks.run();
    const ok = checks.every((check) => check.ok);
    if (!ok) reply.status(503).header('retry-after', '5');
    reply.header('cache-control', 'no-store');
    return { status: ok ? 'ok' : 'failed', checks };
  }
}
