/** The responder's acts on this phone: tap, what waits, what was refused. */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'

import { newAct } from '../api/client'
import { serverNow } from '../serverClock'
import { phoneStore } from './database'
import { type Act, type Kept, OfflineQueue, type Verb } from './queue'
import { sendAct } from './send'

const AGAIN_MS = 5_000

let version = 0
const listeners = new Set<() => void>()
const queue = new OfflineQueue(
  {
    load: async () => (await phoneStore.all('acts')) as Kept[],
    put: (kept) => phoneStore.put('acts', kept.act.act, kept),
    remove: async (act) => {
      await phoneStore.remove('acts', act)
    },
  },
  sendAct,
  () => {
    version += 1
    for (const listener of listeners) listener()
  },
)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What an act carries besides who, what and when. */
export type More = Pick<Act, 'position' | 'position_age_s' | 'tag' | 'photo' | 'reason'> & { at?: number }

export interface Acts {
  tap: (incident: string, verb: Verb, more?: More) => void
  waiting: Act[]
  refused: ReturnType<OfflineQueue['refused']>
  dismiss: (id: string) => void
}

/** Acts of one owner; `onSent` is told the incidents of acts that went out. */
export function useActs(owner: string, onSent: (incident: string) => void, link?: string): Acts {
  const shown = useSyncExternalStore(subscribe, () => version)
  const flush = useCallback(async () => {
    await queue.ready()
    const touched = new Set(queue.waiting(owner).map((one) => one.incident))
    if (touched.size === 0) return
    await queue.flush(owner)
    for (const id of touched) onSent(id)
  }, [owner, onSent])
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
    (incident: string, verb: Verb, more: More = {}) => {
      const { at, ...rest } = more
      const act: Act = {
        act: newAct(),
        owner,
        incident,
        verb,
        at: new Date(at ?? serverNow()).toISOString(),
        tries: navigator.onLine ? 0 : 1,
        ...(link !== undefined && { link }),
        ...rest,
      }
      void queue.add(act).then(flush)
    },
    [owner, link, flush],
  )
  return useMemo(
    () => ({
      tap,
      waiting: queue.waiting(owner),
      refused: queue.refused(owner),
      dismiss: (id: string) => void queue.dismiss(id),
    }),
    // `shown` stands for the queue's content.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [tap, owner, shown],
  )
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
