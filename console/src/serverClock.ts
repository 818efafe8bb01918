/** The server's time on this page: every answer tells `now`, and countdowns use nothing else. */
import { useSyncExternalStore } from 'react'

let offset = 0
let best = Number.POSITIVE_INFINITY
let bestAt = 0
const FRESH_MS = 120_000

/** Learn from an answer: half of the quickest round trip of the last two minutes is the error. */
export function learn(now: string, sent: number, received: number): void {
  const trip = received - sent
  if (trip > best && received - bestAt < FRESH_MS) return
  best = trip
  bestAt = received
  offset = Date.parse(now) - (sent + trip / 2)
}

export function serverNow(): number {
  return Date.now() + offset
}

let shown = Math.floor(serverNow() / 1000) * 1000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  const next = Math.floor(serverNow() / 1000) * 1000
  if (next === shown) return
  shown = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 200)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The server's time in whole seconds; the component is drawn again with each. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => shown)
}
