/** The responder's acts on this phone: tap, what waits, what was refused. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'

import { newAct } from '../api/client'
import { refreshIncident } from '../api/queries'
import { serverNow } from '../serverClock'
import { useSession } from '../session'
import { OfflineQueue, type Position, type Verb } from './queue'
import { sendAct } from './send'

const AGAIN_MS = 5_000

let version = 0
const listeners = new Set<() => void>()
const queue = new OfflineQueue(localStorage, sendAct, () => {
  version += 1
  for (const listener of listeners) listener()
})

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useActs() {
  const { session } = useSession()
  const client = useQueryClient()
  const account = session.account
  useSyncExternalStore(subscribe, () => version)
  const flush = useCallback(async () => {
    const touched = new Set(queue.waiting(account).map((one) => one.incident))
    if (touched.size === 0) return
    await queue.flush(account)
    for (const id of touched) void refreshIncident(client, id)
  }, [account, client])
  useEffect(() => {
    const try_ = () => void flush()
    try_()
    const timer = setInterval(try_, AGAIN_MS)
    addEventListener('online', try_)
    return () => {
      clearInterval(timer)
      removeEventListener('online', try_)
    }
  }, [flush])
  const tap = useCallback(
    (incident: string, verb: Verb, more: { position?: Position; reason?: string; at?: number } = {}) => {
      const { at, ...rest } = more
      queue.add({
        act: newAct(),
        account,
        incident,
        verb,
        at: new Date(at ?? serverNow()).toISOString(),
        tries: navigator.onLine ? 0 : 1,
        ...rest,
      })
      void flush()
    },
    [account, flush],
  )
  return { tap, waiting: queue.waiting(account), refused: queue.refused(account), dismiss: (id: string) => queue.dismiss(id) }
}

export function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('online', listener)
      addEventListener('offline', listener)
      return () => {
        removeEventListener('online', listener)
        removeEventListener('offline', listener)
      }
    },
    () => navigator.onLine,
  )
}
