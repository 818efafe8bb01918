/**
 * Acts of a responder that are not yet at the centre: kept on the phone, sent in order, each once.
 *
 * An act has its id and its time from the tap; the same id sent twice is answered once. What the
 * server refuses for good is moved aside with the reason and never stands in the way of others;
 * what did not reach it stays, also over a reload.
 */
export type Verb = 'see' | 'accept' | 'refuse' | 'arrive' | 'help' | 'done' | 'real' | 'nothing-here'

export interface Position {
  latitude: number
  longitude: number
  accuracy_m: number | null
}

export interface Act {
  act: string
  /** Whose: an account, or `link:…` for acts by a one-tap link. */
  owner: string
  incident: string
  verb: Verb
  /** When it was tapped, by the server's clock as this phone knows it. */
  at: string
  /** How often it was sent without being taken. */
  tries: number
  /** Token of the one-tap link by which it goes; absent for signed-in people. */
  link?: string
  position?: Position
  /** How old the position was at the tap, seconds. */
  position_age_s?: number
  /** Token of the place's tag. */
  tag?: string
  photo?: { challenge: string; picture: Blob }
  reason?: string
}

export interface Refusal {
  code: string
  message: string
}

/** One act as it is kept. */
export interface Kept {
  act: Act
  order: number
  refused?: Refusal
}

export interface RefusedAct extends Refusal {
  act: Act
}

/**
 * `away`: nothing reached the server, or it is too busy: all wait. `not-now`: it answered but could not take this one.
 * `signed-out`: true again after the next sign-in. `refused`: for good.
 */
export type Result =
  | { kind: 'taken' }
  | { kind: 'away' }
  | { kind: 'signed-out' }
  | ({ kind: 'not-now' } & Refusal)
  | ({ kind: 'refused' } & Refusal)

export interface ActStore {
  load(): Promise<Kept[]>
  put(kept: Kept): Promise<void>
  remove(act: string): Promise<void>
}

/** More than anybody taps in a week without network; the oldest are never dropped for new ones. */
const MOST = 200
const MOST_REFUSED = 50
/** After so many answers of "not now" an act is moved aside: it would wait for ever. */
const PATIENCE = 5

export class OfflineQueue {
  private readonly kept = new Map<string, Kept>()
  private loading: Promise<void> | null = null
  private sending: Promise<void> | null = null
  private again = false
  private order = 0

  constructor(
    private readonly store: ActStore,
    private readonly send: (act: Act) => Promise<Result>,
    private readonly changed: () => void = () => undefined,
  ) {}

  /** Read what an earlier page left; done once. */
  ready(): Promise<void> {
    this.loading ??= this.load()
    return this.loading
  }

  waiting(owner: string): Act[] {
    return this.sorted().flatMap((one) => (one.act.owner === owner && one.refused === undefined ? [one.act] : []))
  }

  refused(owner: string): RefusedAct[] {
    return this.sorted().flatMap((one) =>
      one.act.owner === owner && one.refused !== undefined ? [{ act: one.act, ...one.refused }] : [],
    )
  }

  /** Keep an act; `false` when the phone cannot keep any more. It is shown at once and written before it is sent. */
  async add(act: Act): Promise<boolean> {
    await this.ready()
    if (this.kept.size >= MOST) return false
    this.order = Math.max(this.order + 1, Date.now())
    return this.write({ act, order: this.order })
  }

  async dismiss(id: string): Promise<void> {
    await this.ready()
    await this.drop(id)
  }

  /** Send what waits, oldest first; stops at the first that does not reach the server. */
  flush(owner: string): Promise<void> {
    if (this.sending !== null) {
      this.again = true
      return this.sending
    }
    this.sending = this.run(owner).finally(() => {
      this.sending = null
    })
    return this.sending
  }

  private async run(owner: string): Promise<void> {
    await this.ready()
    do {
      this.again = false
      // Acts of one incident keep their order; another incident does not wait for them.
      const held = new Set<string>()
      for (let next = this.next(owner, held); next !== undefined; next = this.next(owner, held)) {
        if (!(await this.sendOne(next, held))) return
      }
    } while (this.again)
  }

  private next(owner: string, held: ReadonlySet<string>): Act | undefined {
    return this.waiting(owner).find((one) => !held.has(one.incident))
  }

  /** Send one; `false` when there is no use in sending others now. */
  private async sendOne(act: Act, held: Set<string>): Promise<boolean> {
    const result = await this.send(act)
    const tries = act.tries + 1
    switch (result.kind) {
      case 'taken':
        await this.drop(act.act)
        return true
      case 'refused':
        await this.aside(act, result)
        return true
      case 'not-now':
        if (tries >= PATIENCE) await this.aside(act, result)
        else {
          await this.rewrite({ ...act, tries })
          held.add(act.incident)
        }
        return true
      case 'away':
      case 'signed-out':
        // Not counted against it: without network a phone may try a thousand times.
        await this.rewrite({ ...act, tries: Math.max(1, act.tries) })
        return false
    }
  }

  private async aside(act: Act, { code, message }: Refusal): Promise<void> {
    const kept = this.kept.get(act.act)
    if (kept === undefined) return
    await this.write({ ...kept, act, refused: { code, message } })
    const old = this.sorted().filter((one) => one.refused !== undefined).slice(0, -MOST_REFUSED)
    for (const one of old) await this.drop(one.act.act)
  }

  private async rewrite(act: Act): Promise<void> {
    const kept = this.kept.get(act.act)
    if (kept !== undefined) await this.write({ ...kept, act })
  }

  private async write(kept: Kept): Promise<boolean> {
    this.kept.set(kept.act.act, kept)
    this.changed()
    try {
      await this.store.put(kept)
      return true
    } catch {
      // A phone that keeps nothing (private window, full disk) still sends while the page is open.
      return false
    }
  }

  private async drop(id: string): Promise<void> {
    this.kept.delete(id)
    this.changed()
    await this.store.remove(id).catch(() => undefined)
  }

  private async load(): Promise<void> {
    const found = await this.store.load().catch(() => [])
    for (const one of found) {
      if (!this.kept.has(one.act.act)) this.kept.set(one.act.act, one)
      this.order = Math.max(this.order, one.order)
    }
    this.changed()
  }

  private sorted(): Kept[] {
    return [...this.kept.values()].sort((a, b) => a.order - b.order)
  }
}
