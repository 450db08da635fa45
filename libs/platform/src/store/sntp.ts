import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** How a local clock stands against a time server. */
export interface TimeReading {
  /** milliseconds to add to the local clock */
  offsetMs: number;
  /** most milliseconds by which that may be wrong: half of the way there and back, and what the server says of itself */
  doubtMs: number;
}

/** The time server did not answer, or not with a time. */
export class NoTime extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoTime';
  }
}

const PACKET = 48;
const CLIENT_V4 = 0x23;
/** seconds from 1900 to 1970 */
const TO_UNIX = 2_208_988_800;

/** An NTP timestamp as milliseconds since 1970. With its first bit clear it counts from 2036 on (RFC 4330, section 3). */
const toUnixMs = (packet: Buffer, at: number): number => {
  const seconds = packet.readUInt32BE(at);
  const era = seconds < 0x8000_0000 ? 2 ** 32 : 0;
  return (seconds + era - TO_UNIX) * 1000 + (packet.readUInt32BE(at + 4) / 2 ** 32) * 1000;
};
/** A length of time in NTP's short format, in milliseconds. */
const shortMs = (packet: Buffer, at: number): number => (packet.readUInt32BE(at) / 2 ** 16) * 1000;

/**
 * Asks a time server once, as a client of SNTP version 4 does (RFC 4330, RFC 5905). `local` is the local clock in milliseconds since 1970.
 * What is sent holds a random number instead of the local time: only who read it can answer. Throws NoTime.
 */
export function askTime({ host, port }: { host: string; port: number }, local: () => number, timeoutMs = 1_000): Promise<TimeReading> {
  const cookie = randomBytes(8);
  const request = Buffer.alloc(PACKET);
  request[0] = CLIENT_V4;
  cookie.copy(request, 40);
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let sent = 0;
    const end = (act: () => void) => {
      clearTimeout(late);
      socket.close();
      act();
    };
    const late = setTimeout(() => end(() => reject(new NoTime(`no answer within ${timeoutMs} ms`))), timeoutMs);
    socket.on('error', (cause) => end(() => reject(new NoTime('the time server cannot be reached', { cause }))));
    socket.on('message', (reply) => {
      const came = local();
      // somebody else's, or a guess: the right one may still come
      if (reply.length < PACKET || !reply.subarray(24, 32).equals(cookie)) return;
      const [mode, leap, stratum] = [reply[0]! & 7, reply[0]! >> 6, reply[1]!];
      if (mode !== 4 || leap === 3 || stratum < 1 || stratum > 15)
        return end(() => reject(new NoTime('the time server does not know the time itself')));
      const [received, answered] = [toUnixMs(reply, 32), toUnixMs(reply, 40)];
      const roundTrip = Math.max(0, came - sent - (answered - received));
      const offsetMs = (received - sent + (answered - came)) / 2;
      end(() => resolve({ offsetMs, doubtMs: roundTrip / 2 + shortMs(reply, 4) / 2 + shortMs(reply, 8) }));
    });
    socket.connect(port, host, () => {
      sent = local();
      socket.send(request);
    });
  });
}
