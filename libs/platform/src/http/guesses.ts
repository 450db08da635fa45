/** Most callers that are remembered; beyond it the longest silent is forgotten. */
const REMEMBERED = 10_000;

/** Counts wrong guesses by caller within a time, in the memory of one process. */
export class Guesses {
  private readonly wrong = new Map<string, { count: number; since: number }>();

  constructor(
    private readonly most: number,
    private readonly withinMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Seconds until the caller may guess again; 0 when it may. */
  wait(caller: string): number {
    const found = this.wrong.get(caller);
    if (found === undefined) return 0;
    const left = found.since + this.withinMs - this.now();
    if (left <= 0) this.wrong.delete(caller);
    return left > 0 && found.count >= this.most ? Math.ceil(left / 1000) : 0;
  }

  /** Notes a wrong guess. */
  note(caller: string): void {
    const { count, since } = (this.wait(caller), this.wrong.get(caller)) ?? { count: 0, since: this.now() };
    this.wrong.delete(caller);
    this.wrong.set(caller, { count: count + 1, since });
    if (this.wrong.size > REMEMBERED) this.wrong.delete(this.wrong.keys().next().value!);
  }
}
