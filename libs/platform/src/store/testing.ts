import { createSocket, type Socket } from 'node:dgram';

/** What a time server double says beside the time. */
export interface TimeServerManner {
  /** milliseconds by which its time differs from this process's */
  aheadMs: number;
  /** milliseconds of root dispersion that it admits to */
  dispersionMs: number;
  stratum: number;
  leap: number;
  mode: number;
  /** a wrong origin, as somebody has who did not see the request */
  forged: boolean;
  silent: boolean;
}

const FROM_1900 = 2_208_988_800;

/** A time server on loopback that speaks SNTP version 4 (RFC 4330) and tells this process's time, in a manner that a test may change. */
export class TimeServer {
  readonly manner: TimeServerManner = { aheadMs: 0, dispersionMs: 0, stratum: 2, leap: 0, mode: 4, forged: false, silent: false };
  asked = 0;

  private constructor(private readonly socket: Socket) {}

  static async open(): Promise<TimeServer> {
    const socket = createSocket('udp4');
    const server = new TimeServer(socket);
    socket.on('message', (request, { port, address }) => {
      server.asked++;
      if (!server.manner.silent) socket.send(server.answer(request, server.now()), port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return performance.timeOrigin + performance.now() + this.manner.aheadMs;
  }

  private answer(request: Buffer, received: number): Buffer {
    const { leap, mode, stratum, dispersionMs, forged } = this.manner;
    const reply = Buffer.alloc(48);
    reply[0] = (leap << 6) | (4 << 3) | mode;
    reply[1] = stratum;
    reply.writeUInt32BE(Math.round((dispersionMs / 1000) * 2 ** 16), 8);
    request.copy(reply, 24, 40, 48);
    if (forged) reply[24]! ^= 1;
    writeTime(reply, 32, received);
    writeTime(reply, 40, this.now());
    return reply;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

function writeTime(packet: Buffer, at: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  packet.writeUInt32BE((seconds + FROM_1900) % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor(((ms / 1000 - seconds) * 2 ** 32) % 2 ** 32), at + 4);
}
