/** When this page last knew the truth: moved on by every sign of life of the stream. */
import { useSyncExternalStore } from 'react'

import { serverNow } from '../serverClock'

let heard: number | null = null
const listeners = new Set<() => void>()

/** Note a sign of life at an instant of the browser's clock. */
export function heardAt(at: number): void {
  heard = at + (serverNow() - Date.now())
  for (const listener of listeners) listener()
}

export function forget(): void {
  heard = null
}

/** The server's time of the last sign of life; null before the first. */
export function useLastTruth(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => heard,
  )
}
