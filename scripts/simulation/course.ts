import type { Instant } from '@minipilot/kernel/time.js';
import type { Client, Json } from '../support/client.js';
import type { Calendar } from './calls.js';
import type { Method, Plan } from './plan.js';

/** Requests under way at once; what they do does not depend on their order. */
export const WIDTH = 12;

export type Row = Json & { id: string; state: string };

export interface CourseOptions {
  client: Client;
  /** dashboards and public pages, perhaps of another process */
  publicClient: Client;
  calendar: Calendar;
  seed: number;
  plans: readonly Plan[];
  calls: Readonly<Record<Method, string>>;
  tell: (week: number, phase: string) => void;
}

/** Where the year stands, for those who act in it. */
export interface Course {
  readonly options: CourseOptions;
  /** plans by the id of their application */
  readonly byId: ReadonlyMap<string, Plan>;
  /** the demo clock, and its day in the municipality */
  readonly at: Instant;
  readonly today: string;
  /** applications of a call as the officer's desk lists them */
  rows(method: Method, state?: string): Promise<Row[]>;
  /** waits until projections and flows have done all that there is to do */
  settle(): Promise<void>;
  /** does a step that needs no second try in this run */
  doOnce(step: string, work: () => Promise<unknown>): Promise<void>;
}

/** Days from one instant to another, with fractions. */
export const days = (from: Instant, to: Instant): number => (Date.parse(to) - Date.parse(from)) / 86_400_000;
