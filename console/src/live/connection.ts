/**
 * The live feed of one browser: reads the stream, comes back with the last cursor, never gives up.
 *
 * It reads with `fetch` and not with an EventSource: that one hides the comments that prove life
 * and stops for good at 429 and 401.
 */
import type { LiveIncident } from '../api/types'
import { SseParser } from './sse'

export type Told =
  | { kind: 'hello'; at: number; resumed: boolean }
  | { kind: 'heard'; at: number }
  | { kind: 'incident'; incident: LiveIncident }
  | { kind: 'broken' }
  | { kind: 'signed-out' }

const SILENT_MS = 25_000
const WAIT_MS = [500, 1_000, 2_000, 4_000, 8_000]

export class Connection {
  private cursor: string | null = null
  private running: AbortController | null = null

  constructor(
    private readonly tell: (told: Told) => void,
    private readonly ask: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  start(): void {
    if (this.running) return
    this.running = new AbortController()
    void this.run(this.running.signal)
  }

  stop(): void {
    this.running?.abort()
    this.running = null
    this.cursor = null
  }

  private async run(stopped: AbortSignal): Promise<void> {
    let failures = 0
    while (!stopped.aborted) {
      let wait = WAIT_MS[Math.min(failures, WAIT_MS.length - 1)] ?? 8_000
      try {
        const answer = await this.read(stopped)
        if (stopped.aborted) return
        if (answer === 'signed-out') {
          this.running = null
          this.tell({ kind: 'signed-out' })
          return
        }
        failures = answer.ended ? 0 : failures + 1
        wait = Math.max(answer.ended ? 500 : wait, answer.wait)
      } catch {
        if (stopped.aborted) return
        failures += 1
      }
      this.tell({ kind: 'broken' })
      await pause(wait * (0.75 + Math.random() / 2), stopped)
    }
  }

  private async read(stopped: AbortSignal): Promise<'signed-out' | { ended: boolean; wait: number }> {
    const silent = new AbortController()
    const signal = AbortSignal.any([stopped, silent.signal])
    let watchdog = setTimeout(() => silent.abort(), SILENT_MS)
    try {
      const after = this.cursor === null ? '' : `?after=${encodeURIComponent(this.cursor)}`
      const answer = await this.ask(`/api/live${after}`, {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal,
      })
      if (answer.status === 401) return 'signed-out'
      if (!answer.ok || answer.body === null) {
        if (answer.status === 422) this.cursor = null
        return { ended: false, wait: 1000 * Number(answer.headers.get('Retry-After') ?? 0) || 0 }
      }
      const reader = answer.body.getReader()
      const parser = new SseParser()
      const text = new TextDecoder()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return { ended: true, wait: 0 }
        clearTimeout(watchdog)
        watchdog = setTimeout(() => silent.abort(), SILENT_MS)
        this.tell({ kind: 'heard', at: Date.now() })
        for (const message of parser.feed(text.decode(value, { stream: true }))) this.handle(message)
      }
    } finally {
      clearTimeout(watchdog)
    }
  }

  private handle(message: { id: string | null; event: string; data: string }): void {
    if (message.event === 'hello') {
      this.tell({ kind: 'hello', at: Date.now(), resumed: this.cursor !== null })
      return
    }
    if (message.event !== 'incident') return
    const incident = JSON.parse(message.data) as LiveIncident
    this.tell({ kind: 'incident', incident })
    if (message.id !== null) this.cursor = message.id
  }
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopped.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
