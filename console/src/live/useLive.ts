/** Keep what a page shows true: lists are asked for again when the feed says that they changed. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { LiveIncident, Session } from '../api/types'
import { openFeed } from './feed'
import { forget, heardAt } from './truth'

const GATHER_MS = 150

export function useLive(session: Session, onIncident: (incident: LiveIncident) => void, onEnd: () => void): void {
  const client = useQueryClient()
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | null = null
    const changed = new Set<string>()
    const refresh = () => {
      waiting = null
      void client.invalidateQueries({ queryKey: ['incidents'] })
      void client.invalidateQueries({ queryKey: ['counts'] })
      void client.invalidateQueries({ queryKey: ['alarms'] })
      for (const id of changed) void client.invalidateQueries({ queryKey: ['incident', id] })
      changed.clear()
    }
    const feed = openFeed(session.account, (told) => {
      switch (told.kind) {
        case 'hello':
          heardAt(told.at)
          void client.invalidateQueries()
          break
        case 'heard':
          heardAt(told.at)
          break
        case 'incident':
          changed.add(told.incident.incident)
          waiting ??= setTimeout(refresh, GATHER_MS)
          onIncident(told.incident)
          break
        case 'signed-out':
          onEnd()
          break
        case 'broken':
          break
      }
    })
    feed.start()
    const leave = () => feed.leave()
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      if (waiting !== null) clearTimeout(waiting)
      feed.leave()
      forget()
    }
  }, [client, session.account, onIncident, onEnd])
}
