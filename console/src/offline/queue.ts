/**
 * Acts of a responder that are not yet at the centre: kept on the phone, sent in order, each once.
 *
 * An act has its id and its time from the tap; the same id sent twice is answered once. What the
 * server refuses is shown and not sent again; what did not reach it stays.
 */
export type Verb = 'see' | 'accept' | 'refuse' | 'arrive' | 'help' | 'done' | 'real' | 'nothing-here'

export interface Position {
  latitude: number
  longitude: number
  accuracy_m: number | null
}

export interface Act {
  act: string
  account: string
  incident: string
  verb: Verb
  /** When it was tapped, by the server's clock as this phone knows it. */
  at: string
  tries: number
  position?: Position
  reason?: string
}

export interface RefusedAct {
  act: Act
  code: string
  message: string
}

export type Result = { kind: 'taken' } | { kind: 'away' } | { kind: 'refused'; code: string; message: string }

type Kept = Pick<Storage, 'getItem' | 'setItem'>

const WAITING = 'tocsin.acts'
const REFUSED = 'tocsin.acts.refused'
/** More than anybody taps in a week without network; the oldest are never dropped for new ones. */
const MOST = 200

export class OfflineQueue {
  private sending: Promise<void> | null = null
  private again = false

  constructor(
    private readonly storage: Kept,
    private readonly send: (act: Act) => Promise<Result>,
    private readonly changed: () => void = () => undefined,
  ) {}

  waiting(account: string): Act[] {
    return this.read<Act>(WAITING).filter((one) => one.account === account)
  }

  refused(account: string): RefusedAct[] {
    return this.read<RefusedAct>(REFUSED).filter((one) => one.act.account === account)
  }

  /** Keep an act; `false` when the phone cannot keep any more. */
  add(act: Act): boolean {
    const all = this.read<Act>(WAITING)
    if (all.length >= MOST) return false
    const kept = this.write(WAITING, [...all, act])
    this.changed()
    return kept
  }

  dismiss(id: string): void {
    this.write(REFUSED, this.read<RefusedAct>(REFUSED).filter((one) => one.act.act !== id))
    this.changed()
  }

  /** Send what waits, oldest first; stops at the first that does not reach the server. */
  flush(account: string): Promise<void> {
    if (this.sending !== null) {
      this.again = true
      return this.sending
    }
    this.sending = this.run(account).finally(() => {
      this.sending = null
    })
    return this.sending
  }

  private async run(account: string): Promise<void> {
    do {
      this.again = false
      for (let next = this.waiting(account)[0]; next !== undefined; next = this.waiting(account)[0]) {
        const result = await this.send(next)
        if (result.kind === 'away') {
          this.replace(next.act, { ...next, tries: next.tries + 1 })
          return
        }
        if (result.kind === 'refused') {
          this.write(REFUSED, [...this.read<RefusedAct>(REFUSED), { act: next, code: result.code, message: result.message }].slice(-50))
        }
        this.replace(next.act, null)
      }
    } while (this.again)
  }

  private replace(id: string, act: Act | null): void {
    const rest = this.read<Act>(WAITING).flatMap((one) => (one.act !== id ? [one] : act === null ? [] : [act]))
    this.write(WAITING, rest)
    this.changed()
  }

  private read<T>(key: string): T[] {
    try {
      const found: unknown = JSON.parse(this.storage.getItem(key) ?? '[]')
      return Array.isArray(found) ? (found as T[]) : []
    } catch {
      return []
    }
  }

  private write(key: string, value: unknown): boolean {
    try {
      this.storage.setItem(key, JSON.stringify(value))
      return true
    } catch {
      return false
    }
  }
}
