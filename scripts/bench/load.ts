import { Agent, request } from 'node:http';
import { quantile } from './figures.js';

export interface Shot {
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Load {
  perSecond: number;
  p99Ms: number;
}

/** Sends all shots over `connections` kept-alive connections, as fast as they are answered. Throws where one is not answered with 2xx. */
export async function fire(url: string, shots: readonly Shot[], connections: number): Promise<Load> {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let next = 0;
  const one = (shot: Shot) =>
    new Promise<void>((resolve, reject) => {
      const began = performance.now();
      const sent = request({ hostname, port, path: shot.path, method: 'POST', agent, headers: shot.headers }, (response) => {
        response.resume();
        response.on('end', () => {
          times.push(performance.now() - began);
          const status = response.statusCode!;
          if (status >= 300) reject(new Error(`${shot.path} was answered ${status}`));
          else resolve();
        });
      });
      sent.on('error', reject);
      sent.end(shot.body);
    });
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < shots.length) await one(shots[next++]!);
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  return { perSecond: shots.length / seconds, p99Ms: quantile(times, 0.99) };
}
