/** What pages ask for; every key begins with the noun, so that the live feed can refresh by noun. */
import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query'

import { orKept } from '../offline/keep'
import type { QueryOf } from './answers'
import { api, take } from './client'
import type { Alarm, Box, Detail } from './types'

const EVERY_MS = 30_000

export const openIncidents = queryOptions({
  queryKey: ['incidents', 'open'],
  queryFn: () => take(api.GET('/api/incidents', { params: { query: { open: true, most: 200 } } })),
  refetchInterval: EVERY_MS,
})

export const endedIncidents = queryOptions({
  queryKey: ['incidents', 'ended'],
  queryFn: () => take(api.GET('/api/incidents', { params: { query: { open: false, most: 100 } } })),
})

/** What narrows the queue. */
export type IncidentWanted = Omit<QueryOf<'/api/incidents'>, 'most' | 'before' | 'before_id'>

export const incidentsLike = (wanted: IncidentWanted, most = 200) =>
  queryOptions({
    queryKey: ['incidents', 'like', wanted],
    queryFn: () => take(api.GET('/api/incidents', { params: { query: { ...wanted, most } } })),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })

export const counts = queryOptions({
  queryKey: ['counts'],
  queryFn: () => take(api.GET('/api/counts')),
  refetchInterval: EVERY_MS,
})

export const incident = (id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    // openapi-fetch widens the pairs of `figures` to arrays; the document says pairs.
    queryFn: async () =>
      (await take(api.GET('/api/incidents/{incident}', { params: { path: { incident: id } } }))) as Detail,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })

/** A responder's own calls: the last answer is kept on the phone for a reload without network. */
export const myIncidents = (account: string) =>
  queryOptions({
    queryKey: ['incidents', 'mine', account],
    queryFn: () =>
      orKept(account, 'incidents', () => take(api.GET('/api/incidents', { params: { query: { open: true, most: 200 } } }))),
  })

export const myIncident = (account: string, id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    queryFn: () =>
      orKept(
        account,
        `incident ${id}`,
        async () => (await take(api.GET('/api/incidents/{incident}', { params: { path: { incident: id } } }))) as Detail,
      ),
    placeholderData: keepPreviousData,
  })

export const grids = queryOptions({
  queryKey: ['grids'],
  queryFn: () => take(api.GET('/api/grids')),
  staleTime: 600_000,
})

export const people = queryOptions({
  queryKey: ['people'],
  queryFn: () => take(api.GET('/api/people')),
  staleTime: 600_000,
})

export const collectors = queryOptions({
  queryKey: ['collectors'],
  queryFn: () => take(api.GET('/api/collectors')),
  refetchInterval: 5_000,
})

export const devices = queryOptions({
  queryKey: ['devices'],
  queryFn: () => take(api.GET('/api/devices', { params: { query: { most: 2000 } } })),
  refetchInterval: 10_000,
})

export const latest = (device: string) =>
  queryOptions({
    queryKey: ['latest', device],
    queryFn: () => take(api.GET('/api/readings/latest', { params: { query: { device } } })),
    refetchInterval: 2_000,
  })

export const series = (stream: string) =>
  queryOptions({
    queryKey: ['series', stream],
    queryFn: () => take(api.GET('/api/readings', { params: { query: { stream, most: 10_000 } } })),
    refetchInterval: 15_000,
  })

export const pictures = (camera: string) =>
  queryOptions({
    queryKey: ['pictures', camera],
    queryFn: () => take(api.GET('/api/pictures', { params: { query: { camera, most: 12 } } })),
    refetchInterval: 15_000,
  })

interface Seen {
  picture: string | null
  /** Null: not known here; the centre takes the place from its newest detection. */
  boxes: Box[] | null
}

/** What an alarm's device saw: the newest detection behind its incident, else its newest picture. */
export const alarmPicture = (alarm: Alarm) =>
  queryOptions({
    queryKey: ['alarms', 'picture', alarm.id],
    queryFn: async (): Promise<Seen> => {
      if (alarm.incident != null) {
        const detail = await take(api.GET('/api/incidents/{incident}', { params: { path: { incident: alarm.incident } } }))
        const found = detail.evidence.find((one) => one.device === alarm.device && one.evidence.pictures.length > 0)
        if (found !== undefined) return { picture: found.evidence.pictures[0] ?? null, boxes: found.evidence.boxes }
      }
      const newest = await take(api.GET('/api/pictures', { params: { query: { camera: alarm.device, most: 3 } } }))
      return { picture: newest.items.find((one) => one.complete)?.sha256 ?? null, boxes: null }
    },
  })

/** Everything that shows this incident is asked for again. */
export async function refreshIncident(client: QueryClient, id: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ['incidents'] }),
    client.invalidateQueries({ queryKey: ['incident', id] }),
    client.invalidateQueries({ queryKey: ['counts'] }),
  ])
}
